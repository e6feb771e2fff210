"""A stand-in for the API server, for the agent of sanid: objects with resource versions, in memory.

Every node exists. GET /dump lists the custom resources; after GET /refuse-anchors the creation of a
claim of a Host ID fails.
"""

import copy
import http.server
import json
import ssl
import sys
import time
import uuid

GROUP = "/apis/sanid.dev/v1alpha1/"
objects = {}
revision = [100]
refuse = [False]


def uid(name):
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def stored(key, found, spec):
    revision[0] += 1
    meta = found["metadata"]
    before = objects.get(key)
    if before is None:
        meta["uid"] = uid(f"{key} {revision[0]}")
        meta["creationTimestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        meta["generation"] = 1
    elif spec and before.get("spec") != found.get("spec"):
        meta["generation"] += 1
    meta["resourceVersion"] = str(revision[0])
    objects[key] = found
    return found


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def status(self, code, reason):
        self.answer(code, {"apiVersion": "v1", "kind": "Status", "status": "Failure", "message": reason, "reason": reason, "code": code})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def path_only(self):
        return self.path.split("?")[0]

    def do_GET(self):
        path = self.path_only()
        if path == "/dump":
            items = [objects[key] for key in sorted(objects) if key.startswith(GROUP)]
            return self.answer(200, {"apiVersion": "v1", "kind": "List", "items": items})
        if path == "/refuse-anchors":
            refuse[0] = True
            return self.answer(200, {})
        if path.startswith("/api/v1/nodes/"):
            name = path.rsplit("/", 1)[1]
            meta = {"name": name, "uid": uid(name), "resourceVersion": "1"}
            return self.answer(200, {"apiVersion": "v1", "kind": "Node", "metadata": meta})
        if path in objects:
            return self.answer(200, objects[path])
        self.status(404, "NotFound")

    def do_POST(self):
        body = self.body()
        if "/events" in self.path:
            return self.answer(201, body)
        if refuse[0] and body["spec"]["type"] == "HostID":
            return self.status(500, "InternalError")
        key = f"{self.path_only()}/{body['metadata']['name']}"
        if key in objects:
            return self.status(409, "AlreadyExists")
        self.answer(201, stored(key, body, True))

    def seen(self, key, meta):
        there = objects[key]["metadata"]
        return all(meta.get(name) in (None, there[name]) for name in ("uid", "resourceVersion"))

    def do_PUT(self):
        key, body = self.path_only(), self.body()
        if key not in objects:
            return self.status(404, "NotFound")
        if not self.seen(key, body["metadata"]):
            return self.status(409, "Conflict")
        self.answer(200, stored(key, body, True))

    def do_PATCH(self):
        key, body = self.path_only(), self.body()
        status = key.endswith("/status")
        key = key.removesuffix("/status")
        found = copy.deepcopy(objects.get(key))
        if status and found is None:
            return self.status(404, "NotFound")
        if status:
            found["status"] = body["status"]
        elif found is None:
            found = body
        else:
            found["spec"] = body["spec"]
            found["metadata"].update(body["metadata"])
        self.answer(200, stored(key, found, not status))

    def do_DELETE(self):
        key, options = self.path_only(), self.body()
        if key not in objects:
            return self.status(404, "NotFound")
        if not self.seen(key, options.get("preconditions") or {}):
            return self.status(409, "Conflict")
        del objects[key]
        self.answer(200, {"apiVersion": "v1", "kind": "Status", "status": "Success"})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 6443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()

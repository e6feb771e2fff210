//! The script for TrueNAS runs where TrueNAS is; here something that answers as `midclt call` does stands
//! in for it, so that the merging is run, and run twice.

use libtest_mimic::Trial;

use super::scene::Scene;
use testkit::trial::{Need, trial};

const NEEDS: &[Need] = &[Need::Program("python3", "python3")];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "a_script_for_truenas_merges_and_never_empties_a_list",
        NEEDS,
        || {
            let scene = Scene::new();
            std::fs::create_dir(scene.path().join("bin")).unwrap();
            scene.write("bin/midclt", MIDCLT);
            let said = scene.run(SCRIPT);
            for line in [
                "admitted: others iqn.2024-01.a:other 1111 2222 3333",
                "twice: 1 update",
                "pruned: others 2222 4444",
                "not emptied",
                "nvme: 3 hosts, 3 ties",
                "nvme twice: 3 hosts, 3 ties",
            ] {
                assert!(said.contains(line), "{line} is missing:\n{said}");
            }
        },
    )]
}

const MIDCLT: &str = r#"#!/usr/bin/env python3
import json, sys
state = json.load(open("state.json"))
method, arguments = sys.argv[2], [json.loads(one) for one in sys.argv[3:]]
result = None
if method == "iscsi.initiator.query":
    result = state["groups"]
elif method == "iscsi.initiator.update":
    group = [one for one in state["groups"] if one["id"] == arguments[0]][0]
    group.update(arguments[1])
    state["updates"] += 1
    result = group
elif method == "nvmet.subsys.query":
    result = [{"id": 1, "subnqn": "nqn.2024-01.a:s"}]
elif method == "nvmet.host.query":
    result = state["hosts"]
elif method == "nvmet.host.create":
    result = dict(arguments[0], id=len(state["hosts"]) + 1)
    state["hosts"].append(result)
elif method == "nvmet.host_subsys.query":
    result = [{"id": n, "host": {"hostnqn": h["hostnqn"]}, "subsys": {"id": 1, "subnqn": "nqn.2024-01.a:s"}}
              for n, h in enumerate(state["hosts"]) if h["id"] in state["ties"]]
elif method == "nvmet.host_subsys.create":
    state["ties"].append(arguments[0]["host_id"])
else:
    sys.exit("no such method: " + method)
json.dump(state, open("state.json", "w"))
print(json.dumps(result))
"#;

const SCRIPT: &str = r#"
chmod +x bin/midclt
export PATH="$PWD/bin:$PATH"
cat >state.json <<'STATE'
{"groups": [{"id": 7, "initiators": ["iqn.2024-01.a:other"], "comment": "others"}], "updates": 0, "hosts": [], "ties": []}
STATE
state() { python3 -c 'import json; s = json.load(open("state.json")); print('"$1"')'; }
list='"others", *[one.replace("iqn.2016-04.com.open-iscsi:", "") for one in s["groups"][0]["initiators"]]'
fleet export --to truenas-iscsi --group others hosts.csv >admit.sh
sh admit.sh
echo "admitted: $(state "$list")"
sh admit.sh
echo "twice: $(state 's["updates"]') update"
midclt call iscsi.initiator.query >now.json
fleet diff --to truenas-iscsi --group others --against now.json --prune later.csv >change.sh || [ $? = 1 ]
sh change.sh
echo "pruned: $(state "$list")"
# A script that would take everybody away.
{ sed '/^each admit/,/^END OF NAMES/d' change.sh | sed 's/^each dismiss.*/&\niqn.2016-04.com.open-iscsi:2222\niqn.2016-04.com.open-iscsi:4444/'; } >evil.sh
sh evil.sh 2>/dev/null || echo "not emptied"
fleet export --to truenas-nvmet --subsystem nqn.2024-01.a:s hosts.csv >nvme.sh
sh nvme.sh
echo "nvme: $(state 'len(s["hosts"]), "hosts,", len(s["ties"]), "ties"')"
sh nvme.sh
echo "nvme twice: $(state 'len(s["hosts"]), "hosts,", len(s["ties"]), "ties"')"
"#;

"""Prints what the real os-brick tells OpenStack about this host, as JSON."""

import json

import oslo_concurrency.lockutils  # registers the options that os-brick reads
from os_brick import opts, privileged
from os_brick.initiator import connector
from oslo_config import cfg
from oslo_privsep import priv_context

cfg.CONF([], project="sanid-test")
opts.set_defaults()
priv_context.init(root_helper=["env"])
privileged.default.set_client_mode(False)
properties = connector.get_connector_properties(None, "127.0.0.1", False, False)
print(json.dumps(properties, default=str))

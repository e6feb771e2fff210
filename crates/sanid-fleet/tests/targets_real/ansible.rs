//! Ansible reads the variables, runs nothing that is in them, and hands them to the arrays' own modules,
//! which check their arguments before they look for an array.

use libtest_mimic::Trial;

use super::scene::Scene;
use testkit::trial::{Need, trial};

const COLLECTIONS: &str = "/usr/lib/python3/dist-packages/ansible_collections";
const NEEDS: &[Need] = &[
    Need::Program("ansible-playbook", "ansible"),
    Need::File(
        "/usr/lib/python3/dist-packages/ansible_collections/netapp/ontap",
        "ansible",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("ansible_takes_a_hostile_name_for_text", NEEDS, || {
            let scene = Scene::new();
            scene.write("playbook.yml", PLAYBOOK);
            let said = scene.run(VARIABLES);
            for text in [
                "IGROUP 3 iqn.2016-04.com.open-iscsi:1111",
                "SUBSYSTEM 3 nqn.2014-08.org.nvmexpress:uuid:11111111-1111-4111-8111-111111111111",
                "PURE 2 node-1",
                "POWERSTORE 3 present-in-host",
                "COMMENT {{ lookup('pipe', 'touch sanid-was-here') }} $(touch sanid-was-here)",
            ] {
                assert!(said.contains(text), "{text} is missing:\n{said}");
            }
        }),
        trial("the_arrays_modules_take_the_arguments", NEEDS, || {
            let scene = Scene::new();
            scene.write("check.py", CHECK);
            scene.write("strip.py", STRIP);
            let said = scene.run(&format!("collections={COLLECTIONS}\n{MODULES}"));
            for module in ["na_ontap_igroup", "na_ontap_nvme_subsystem", "purefa_host"] {
                assert!(said.contains(&format!("{module} ok")), "{module}:\n{said}");
                assert!(
                    said.contains(&format!(
                        "{module} refuses an argument that it does not have"
                    )),
                    "{module}:\n{said}"
                );
            }
        }),
    ]
}

const PLAYBOOK: &str = r#"
- hosts: localhost
  gather_facts: false
  vars_files: [igroup.yml, subsystem.yml, pure.yml, powerstore.yml]
  tasks:
    - debug:
        msg:
          - "IGROUP {{ sanid_igroup.initiator_objects | length }} {{ sanid_igroup.initiator_objects[0].name }}"
          - "SUBSYSTEM {{ sanid_nvme_subsystem.hosts | length }} {{ sanid_nvme_subsystem.hosts[0] }}"
          - "PURE {{ sanid_pure_hosts | length }} {{ sanid_pure_hosts[0].name }}"
          - "POWERSTORE {{ sanid_powerstore_hosts | length }} {{ sanid_powerstore_hosts[0].initiator_state }}"
    - copy:
        dest: "{{ playbook_dir }}/comment"
        content: "COMMENT {{ sanid_igroup.initiator_objects[2].comment }}"
"#;

const VARIABLES: &str = r#"
export ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_HOME="$PWD" HOME="$PWD" ANSIBLE_LOCAL_TEMP="$PWD/local" ANSIBLE_REMOTE_TEMP="$PWD/remote"
fleet export --to ontap-igroup --vserver svm1 --group hosts hosts.csv >igroup.yml
fleet export --to ontap-nvme --vserver svm1 --subsystem array hosts.csv >subsystem.yml
fleet export --to pure --protocol nvme hosts.csv >pure.yml || [ $? = 1 ]
fleet export --to powerstore --protocol iscsi hosts.csv >powerstore.yml
ansible-playbook -i localhost, -c local playbook.yml
cat comment
"#;

/// The tag is Ansible's; without it the files are JSON.
const STRIP: &str = r#"
import json, sys
text = "".join(line for line in open(sys.argv[1]) if line[:1] != '#').replace("!unsafe ", "")
json.dump(list(json.loads(text).values())[0], sys.stdout)
"#;

/// Makes a module check its arguments, and stops it before anything else.
const CHECK: &str = r#"
import importlib, json, sys
from ansible.module_utils import basic
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
class Checked(Exception):
    pass
def check(self, argument_spec, mutually_exclusive=None, required_together=None, required_one_of=None,
          required_if=None, required_by=None, **_):
    validator = ModuleArgumentSpecValidator(argument_spec, mutually_exclusive, required_together,
                                            required_one_of, required_if, required_by)
    raise Checked(validator.validate(arguments).error_messages)
basic.AnsibleModule.__init__ = check
name, given, connection = sys.argv[1:4]
arguments = json.load(open(given))
tasks = arguments if isinstance(arguments, list) else [arguments]
module = importlib.import_module(name)
short = name.split(".")[-1]
def errors(task):
    global arguments
    arguments = dict(task, **json.loads(connection))
    try:
        module.main()
    except Checked as checked:
        return checked.args[0]
    raise SystemExit(short + " made no AnsibleModule")
for task in tasks:
    found = errors(task)
    if found:
        raise SystemExit("%s: %s" % (short, found))
print(short, "ok")
if errors(dict(tasks[0], initiator_nqns=["x"])):
    print(short, "refuses an argument that it does not have")
"#;

const MODULES: &str = r#"
check() {
    python=/usr/bin/python3
    $python strip.py "$2" >"$2.json"
    $python check.py "ansible_collections.$1" "$2.json" "$3"
}
ontap='{"hostname": "array", "username": "admin", "password": "x"}'
fleet export --to ontap-igroup --vserver svm1 --group hosts hosts.csv >igroup.yml
check netapp.ontap.plugins.modules.na_ontap_igroup igroup.yml "$ontap"
fleet export --to ontap-nvme --vserver svm1 --subsystem array hosts.csv >subsystem.yml
check netapp.ontap.plugins.modules.na_ontap_nvme_subsystem subsystem.yml "$ontap"
fleet export --to pure --protocol nvme hosts.csv >pure.yml || [ $? = 1 ]
check purestorage.flasharray.plugins.modules.purefa_host pure.yml '{"fa_url": "array", "api_token": "x"}'
"#;

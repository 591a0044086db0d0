"""Ansible plays the playbook over NX-API (`httpapi`) or at a terminal (`network_cli`)."""

import json
import os
import subprocess
import sys

import task

SWITCH = "switch"
job = task.read()
here = os.path.dirname(os.path.abspath(__file__))
variables = {
    "ansible_connection": f"ansible.netcommon.{job['by']}",
    "ansible_network_os": "cisco.nxos.nxos",
    "ansible_host": job["host"],
    "ansible_port": job["ssh"],
    "ansible_user": job["user"],
    "ansible_password": job["password"],
    "ansible_httpapi_port": job["nxapi"],
    "ansible_httpapi_use_ssl": True,
    "ansible_httpapi_validate_certs": False,
    "ansible_network_cli_ssh_type": "paramiko",
    "ansible_command_timeout": 100,
    "ansible_python_interpreter": sys.executable,
    "job": job,
}
settings = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_HOST_KEY_CHECKING": "False"}


def play():
    program = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    command = [program, "-i", f"{SWITCH},", "-e", json.dumps(variables), os.path.join(here, "playbook.yml")]
    run = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stdout)
    tasks = json.loads(run.stdout)["plays"][0]["tasks"]
    return {row["task"]["name"]: row["hosts"][SWITCH] for row in tasks}


def changed(results):
    return results["VLAN"]["changed"] or results["trunk"]["changed"]


plays = [play() for _ in range(job["times"])]
facts = plays[-1]["facts"]["ansible_facts"]
names = {row["vlan_id"]: row.get("name") for row in plays[-1]["VLAN"]["before"]}
task.answer(
    facts["ansible_net_hostname"],
    facts["ansible_net_version"],
    facts["ansible_net_serialnum"],
    names.get(job["vlan"]),
    [changed(results) for results in plays],
)

"""NAPALM merges a candidate, over NX-API or at a terminal; its commit saves, and an empty difference is no change.

If it is asked to `undo`, it goes back to the checkpoint that it made before its last commit.
"""

from napalm import get_network_driver

import task

job = task.read()
port = job["ssh"] if job["by"] == "nxos_ssh" else job["nxapi"]


def merge(switch):
    switch.load_merge_candidate(config="\n".join(job["lines"]) + "\n")
    changes = switch.compare_config() != ""
    if not changes:
        switch.discard_config()
        return False
    switch.commit_config()
    return True


login = {"hostname": job["host"], "username": job["user"], "password": job["password"]}
with get_network_driver(job["by"])(**login, optional_args={"port": port}) as switch:
    changed = [merge(switch) for _ in range(job["times"])]
    if job["undo"]:
        switch.rollback()
    facts = switch.get_facts()
    names = {str(vlan): row["name"] for vlan, row in switch.get_vlans().items()}
    assert job["port"] in facts["interface_list"], facts
    task.answer(facts["hostname"], facts["os_version"], facts["serial_number"], names.get(str(job["vlan"])), changed)

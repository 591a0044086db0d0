"""What every client here is asked to do, and what it answers.

The test gives a JSON file: where the switch is (`host`, `nxapi`, `ssh`), its host key (in the file `known_hosts`), who
asks (`user`, `password`), over what (`by`), and for those that type, the `lines` to configure; for the others the `vlan`,
its `name`, and the `port` whose list shall be `allowed` (`state` replaced) or contain it (`state` merged). A client
configures so many `times`, and says each time whether something changed.
"""

import json
import sys


def read():
    with open(sys.argv[1], encoding="utf-8") as file:
        return json.load(file)


def answer(hostname, version, serial, vlan_name, changed):
    names = {"hostname": hostname, "version": version, "serial": serial, "vlan_name": vlan_name}
    print(json.dumps(names | {"changed": changed}))


def configuration(text):
    """A running-config without its comments: they tell the time."""
    return [line.rstrip() for line in text.splitlines() if not line.startswith("!")]


def by_terminal(job, show, configure, parse):
    """The same for every client that types: sends the lines and compares what the switch shows in between."""
    configurations = [configuration(show("show running-config"))]
    for _ in range(job["times"]):
        configure(job["lines"])
        configurations.append(configuration(show("show running-config")))
    version = parse("show version")[0]
    names = {row["vlan_id"]: row["vlan_name"] for row in parse("show vlan")}
    changed = [before != after for before, after in zip(configurations, configurations[1:])]
    answer(version["hostname"], version["os"], version["serial"], names.get(str(job["vlan"])), changed)

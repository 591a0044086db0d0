"""pyVmomi reads a vCenter in every way that its users know, and moves and powers VMs.

The job says where the vCenter is (`host`, `port`, `ca`) and who asks (`user`, `password`), and whether to `poll` tasks. The answer has what the
inventory holds (`inventory`), and how the calls behaved (`calls`), which is the same for every vCenter.
"""

import json
import ssl
import time

import task
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

PC = vmodl.query.PropertyCollector
VM, HOST = vim.VirtualMachine, vim.HostSystem
GROUP, SWITCH = vim.dvs.DistributedVirtualPortgroup, vim.DistributedVirtualSwitch
PAGE = 5
STARTED, ENDED = "VmBeingHotMigratedEvent", "VmMigratedEvent"
job = task.read()


def connect(password=job["password"], cafile=job["ca"]):
    context = ssl.create_default_context(cafile=cafile)
    return SmartConnect(host=job["host"], port=job["port"], user=job["user"], pwd=password, sslContext=context)


def fault(call, *arguments):
    """The fault that a call ends in."""
    try:
        call(*arguments)
    except (vmodl.MethodFault, ssl.SSLError) as error:
        return type(error).__name__.rsplit(".", 1)[-1]
    return None


def finish(service, begun):
    """Waits for a task's end as pyVmomi does; `poll`ing where the names of running tasks are none that it knows."""
    if not job.get("poll"):
        return WaitForTask(begun, si=service)
    while begun.info.state in ("queued", "running"):
        time.sleep(0.05)
    if begun.info.state == "error":
        raise begun.info.error
    return begun.info.state


def objects(service, kinds):
    view = service.content.viewManager.CreateContainerView(service.content.rootFolder, kinds, True)
    found = list(view.view)
    view.Destroy()
    return found


def selection(service, kind, paths):
    """Every object of a kind, by a view."""
    content = service.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    traversal = PC.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
    start = PC.ObjectSpec(obj=view, skip=True, selectSet=[traversal])
    return PC.FilterSpec(objectSet=[start], propSet=[PC.PropertySpec(type=kind, pathSet=paths)])


def folders(service):
    """Every VM, the older way: from folder to folder."""
    down = [PC.SelectionSpec(name="folder"), PC.SelectionSpec(name="datacenter")]
    folder = PC.TraversalSpec(name="folder", type=vim.Folder, path="childEntity", skip=False, selectSet=down)
    datacenter = PC.TraversalSpec(
        name="datacenter", type=vim.Datacenter, path="vmFolder", skip=False, selectSet=down[:1]
    )
    start = PC.ObjectSpec(obj=service.content.rootFolder, skip=False, selectSet=[folder, datacenter])
    spec = PC.FilterSpec(objectSet=[start], propSet=[PC.PropertySpec(type=VM, pathSet=["name"])])
    found = service.content.propertyCollector.RetrieveContents([spec])
    return sorted(row.propSet[0].val for row in found)


def nic(device):
    return {"mac": device.macAddress, "group": device.backing.port.portgroupKey, "on": device.connectable.connected}


def machine(vm):
    devices = vm.config.hardware.device
    nics = [nic(device) for device in devices if isinstance(device, vim.vm.device.VirtualEthernetCard)]
    assert vm.summary.config.name == vm.name and vm.summary.runtime.powerState == vm.runtime.powerState
    at = {"host": vm.runtime.host.name, "power": vm.runtime.powerState, "uuid": vm.config.instanceUuid}
    return at | {"template": vm.config.template, "nics": nics}


def uplinks(host):
    """Names of uplinks by pnic."""
    found = {}
    for switch in host.config.network.proxySwitch:
        names = {port.key: port.value for port in switch.uplinkPort}
        found |= {spec.pnicDevice: names[spec.uplinkPortKey] for spec in switch.spec.backing.pnicSpec}
    return found


def hints(host):
    found = {}
    for hint in host.configManager.networkSystem.QueryNetworkHint():
        if hint.lldpInfo:
            heard = {item.key: item.value for item in hint.lldpInfo.parameter}
            found[hint.device] = [heard["System Name"], hint.lldpInfo.portId]
    return found


def server(host):
    network, runtime = host.config.network, host.runtime
    return {
        "cluster": host.parent.name,
        "state": [runtime.connectionState, runtime.inMaintenanceMode],
        "pnics": {pnic.device: pnic.mac for pnic in network.pnic},
        "uplinks": uplinks(host),
        "vmkernels": sorted(vnic.device for vnic in network.vnic),
        "hints": hints(host),
    }


def group(pg):
    setting = pg.config.defaultPortConfig
    vlan = getattr(setting.vlan, "vlanId", None)
    ranges = vlan if vlan is None or isinstance(vlan, int) else [[one.start, one.end] for one in vlan]
    teaming = setting.uplinkTeamingPolicy
    order = teaming.uplinkPortOrder if teaming else None
    return {
        "key": pg.key,
        "vlan": ranges,
        "uplink": pg.config.uplink,
        "active": list(order.activeUplinkPort) if order else [],
        "switch": pg.config.distributedVirtualSwitch.name,
    }


def inventory(service):
    rows = {row.name: row for row in objects(service, [vim.ClusterComputeResource])}
    switches = objects(service, [SWITCH])
    return {
        "instance": service.content.about.instanceUuid,
        "vms": {vm.name: machine(vm) for vm in objects(service, [VM])},
        "hosts": {host.name: server(host) for host in objects(service, [HOST])},
        "groups": {pg.name: group(pg) for pg in objects(service, [GROUP])},
        "clusters": {name: sorted(host.name for host in row.host) for name, row in rows.items()},
        "switches": {row.name: list(row.config.uplinkPortPolicy.uplinkPortName) for row in switches},
        "folders": folders(service),
    }


def logins():
    return {
        "wrong password": fault(connect, "wrong"),
        "untrusted": fault(connect, job["password"], None),
    }


def paging(service):
    """A listing in pages; then one that is broken off."""
    collector = service.content.propertyCollector
    spec, sizes, names = selection(service, VM, ["name", "runtime.host"]), [], set()
    page = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=PAGE))
    while page:
        sizes.append(len(page.objects))
        names |= {item.val for row in page.objects for item in row.propSet if item.name == "name"}
        page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
    return {"full but the last": all(size == PAGE for size in sizes[:-1]), "sum": sum(sizes) == len(names)}


def rows(update):
    return [row for part in update.filterSet for row in part.objectSet]


def updates(service, vm):
    """Update sets in pages, what ends them, and what versions are good for."""
    collector = service.content.propertyCollector.CreatePropertyCollector()
    collector.CreateFilter(selection(service, VM, ["name", "runtime.host", "runtime.powerState"]), False)

    def wait(version, seconds=10):
        return collector.WaitForUpdatesEx(version, PC.WaitOptions(maxObjectUpdates=PAGE, maxWaitSeconds=seconds))

    sets = [wait("")]
    while sets[-1].truncated:
        sets.append(wait(sets[-1].version))
    began = time.monotonic()
    nothing = wait(sets[-1].version, 1)
    waited = time.monotonic() - began
    finish(service, vm.PowerOffVM_Task())
    off = wait(sets[-1].version)
    [row] = rows(off)
    finish(service, vm.PowerOnVM_Task())
    on = wait(off.version)
    said = {
        "full but the last": all(len(rows(one)) == PAGE for one in sets[:-1]),
        "enter": {row.kind for one in sets for row in rows(one)} == {"enter"},
        "truncated version again": fault(wait, sets[0].version),
        "bogus version": fault(wait, "777777"),
        "nothing": [nothing, waited >= 1],
        "changes": [[row.kind, row.obj == vm, change.name, change.val] for change in row.changeSet],
        "same version again": [row.obj == vm for row in rows(on)],
    }
    collector.Destroy()
    return said


def refused(service, vm):
    """A task that makes no sense."""
    before = vm.runtime.powerState
    return {"power on twice": fault(lambda: finish(service, vm.PowerOnVM_Task())), "is": before}


def event(row):
    other = getattr(row, "destHost", None) or row.sourceHost
    return [type(row).__name__.rsplit(".", 1)[-1], row.vm.name, row.host.name, other.name]


def move(service, vm, target):
    """A vMotion: what a type-filtered collector and a query tell of it."""
    manager, source = service.content.eventManager, vm.runtime.host
    collector = manager.CreateCollectorForEvents(vim.event.EventFilterSpec(eventTypeId=[STARTED, ENDED], maxCount=100))
    before = len(collector.latestPage)
    finish(service, vm.MigrateVM_Task(host=target, priority=vim.VirtualMachine.MovePriority.highPriority))
    arrived = vm.runtime.host == target
    while len(collector.latestPage) < before + 2:
        time.sleep(0.05)
    page = sorted(collector.latestPage, key=lambda row: row.key)[before:]
    names = {vm.name: "vm", source.name: "source", target.name: "target"}
    asked = vim.event.EventFilterSpec(eventTypeId=[STARTED, ENDED], maxCount=100)
    queried = [row for row in manager.QueryEvents(asked) if row.key >= page[0].key]
    collector.DestroyCollector()
    return {
        "arrived": arrived,
        "page": [[names.get(text, text) for text in event(row)] for row in page],
        "one chain": len({row.chainId for row in page}) == 1,
        "query": sorted(row.key for row in queried) == [row.key for row in page],
        "listed": [vm in target.vm, vm in source.vm],
    }


def sessions(service):
    """A session that another one ends, and one that ends itself."""
    other = connect()
    key = other.content.sessionManager.currentSession.key
    service.content.sessionManager.TerminateSession([key])
    ended = fault(lambda: other.content.rootFolder.name)
    mine = connect()
    root = mine.content.rootFolder
    Disconnect(mine)
    own = service.content.sessionManager.currentSession
    return {"terminated": ended, "logged out": fault(lambda: root.name), "user": own.userName == job["user"]}


def tell(service):
    found = inventory(service)
    vm = next(vm for vm in objects(service, [VM]) if vm.runtime.powerState == "poweredOn")
    source = vm.runtime.host
    target = next(host for host in source.parent.host if host != source)
    calls = {
        "logins": logins(),
        "clock": abs(service.CurrentTime().timestamp() - time.time()) < 600,
        "paging": paging(service),
        "updates": updates(service, vm),
        "refused": refused(service, vm),
        "gone": fault(lambda: VM("vm-999999", service._stub).name),
        "move": move(service, vm, target),
        "sessions": sessions(service),
    }
    return {"inventory": found, "calls": calls, "moved": [vm.name, source.name, target.name]}


service = connect()
try:
    print(json.dumps(tell(service)))
finally:
    Disconnect(service)

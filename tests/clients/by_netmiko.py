"""netmiko types the lines at a terminal, and saves."""

from netmiko import ConnectHandler

import task

job = task.read()
login = {"host": job["host"], "port": job["ssh"], "username": job["user"], "password": job["password"]}
trust = {"ssh_strict": True, "alt_host_keys": True, "alt_key_file": job["known_hosts"]}
with ConnectHandler(device_type="cisco_nxos", **login, **trust) as switch:
    task.by_terminal(
        job,
        switch.send_command,
        lambda lines: switch.send_config_set(lines, error_pattern=r"% .*"),
        lambda command: switch.send_command(command, use_textfsm=True),
    )
    switch.save_config()

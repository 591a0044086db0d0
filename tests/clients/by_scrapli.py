"""scrapli types the lines at a terminal, and saves. It looks up host keys without their port, so it cannot check them."""

from scrapli.driver.core import NXOSDriver

import task

job = task.read()
login = {"host": job["host"], "port": job["ssh"], "auth_username": job["user"], "auth_password": job["password"]}


def checked(response):
    response.raise_for_status()
    return response


with NXOSDriver(transport="paramiko", auth_strict_key=False, **login) as switch:
    task.by_terminal(
        job,
        lambda command: checked(switch.send_command(command)).result,
        lambda lines: checked(switch.send_configs(lines, stop_on_failed=True)),
        lambda command: checked(switch.send_command(command)).textfsm_parse_output(),
    )
    checked(switch.send_command("copy running-config startup-config"))

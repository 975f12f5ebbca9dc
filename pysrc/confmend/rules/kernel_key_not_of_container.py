"""A container asks for a kernel key that is the host's alone.

A container can have its own value only of keys that belong to a namespace: most of net.*, and kernel.shm*, kernel.msg*,
kernel.sem, fs.mqueue.*. vm.*, fs.file-max, net.ipv4.tcp_mem and the rest exist once for the host. Docker refuses to
start such a container ("sysctl ... is not in a separate kernel namespace"), and the kubelet rejects the pod.

Set it on the node, in /etc/sysctl.d, and know that it holds for every container there. A privileged init container that
writes it does the same, less visibly. There is no edit, for the node's file is not this one.
"""

from collections.abc import Iterator

from confmend.catalog import sysctl as catalog
from confmend.facts.container_sysctls import ContainerSysctls
from confmend.model import Example, Finding, Rule, Severity

NOT_OWN = ("no", "shown")


def check(asked: ContainerSysctls) -> Iterator[Finding]:
    """Look each key up; one that nobody knows is left alone."""
    known = catalog.settings()
    for each in asked.all:
        if each.key in known and known[each.key].namespaced in NOT_OWN:
            yield Finding(
                f"{each.key} belongs to the host: no container can have its own, and the runtime refuses to start this "
                "one. Set it on the node, in /etc/sysctl.d.",
                (each.origin,),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.docker.com/reference/cli/docker/container/run/#sysctl",
        "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
        "https://man7.org/linux/man-pages/man7/namespaces.7.html",
    ),
    examples=(
        Example(
            {"docker_run": "docker run --sysctl vm.swappiness=1 --sysctl net.core.somaxconn=1024 postgres:16\n"}, {}
        ),
        Example({"docker_run": "docker run --sysctl net.core.somaxconn=1024 postgres:16\n"}),
    ),
)

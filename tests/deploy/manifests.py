"""Kubernetes' manifests as an overlay renders them, what they have to be like, and who reaches whom."""

import ipaddress
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ROOT / "deploy/k8s/overlays"
KUBERNETES = "1.34"
# What comes with Prometheus' operator and not with Kubernetes.
CUSTOM = {
    file.stem: jsonschema.Draft202012Validator(json.loads(file.read_text()))
    for file in (ROOT / "tests/deploy/schemas").glob("*.json")
}
KUBECTL = str(Path(sys.executable).with_name("kubectl"))

type Object = dict[str, Any]


def render(overlay: str) -> list[Object]:
    """Return the objects of an overlay, as `kubectl apply -k` would send them."""
    command = [KUBECTL, "kustomize", OVERLAYS / overlay]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # a warning of something that is going to go
    return list(yaml.safe_load_all(done.stdout))


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [each for each in objects if each["kind"] in kinds]


def named(objects: list[Object], kind: str, name: str) -> Object:
    return next(each for each in of_kind(objects, kind) if each["metadata"]["name"] == name)


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the name and the template of each pod."""
    for each in of_kind(objects, "Deployment", "StatefulSet", "Job", "CronJob"):
        spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
        yield f"{each['kind']} {each['metadata']['name']}", spec["template"]


def component(template: Object) -> str:
    return str(template["metadata"]["labels"]["app.kubernetes.io/component"])


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a selector of Kubernetes selects these labels."""
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )


def schema_problems(objects: list[Object]) -> list[str]:
    """Return what Kubernetes itself would refuse, unknown names of fields among it."""
    found = []
    for each in objects:
        name = f"{each['kind']} {each['metadata']['name']}"
        if custom := CUSTOM.get(each["kind"]):
            found += [f"{name}: {error.message}" for error in custom.iter_errors(each)]
            continue
        try:
            kubernetes_validate.validate(each, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{name}: {error.message}")
    return found


def policy_problems(objects: list[Object]) -> list[str]:
    """Return what is less safe, or less sure to work, than it has to be."""
    found = []
    for name, template in pods(objects):
        found += [f"{name}: {problem}" for problem in _pod_problems(template)]
        serves = not name.startswith(("Job", "CronJob"))
        for container in template["spec"]["containers"]:
            found += [f"{name}: {problem}" for problem in _container_problems(container)]
            if serves:
                kinds = ("startupProbe", "livenessProbe", "readinessProbe")
                found += [f"{name}: {container['name']} has no {kind}" for kind in kinds if kind not in container]
        for container in template["spec"].get("initContainers", []):
            found += [f"{name}: {problem}" for problem in _container_problems(container)]
    found += _selector_problems(objects)
    return found


def _pod_problems(template: Object) -> Iterator[str]:
    spec = template["spec"]
    context = spec.get("securityContext", {})
    if not context.get("runAsNonRoot") or not context.get("runAsUser"):
        yield "may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "may call all of the kernel"
    if spec.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    if any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares something with its node"
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    if any("hostPath" in volume for volume in volumes.values()):
        yield "mounts a folder of its node"
    for name, volume in volumes.items():
        if "emptyDir" in volume and not volume["emptyDir"].get("sizeLimit"):
            yield f"the volume {name} may fill the node"


def _container_problems(container: Object) -> Iterator[str]:
    name = container["name"]
    tag = container["image"].rpartition("/")[2].partition(":")[2]
    if not tag or tag == "latest":
        yield f"{name} has an image of no version"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
        yield f"{name} doesn't say what it needs"
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{name} may gain privileges"
    if context.get("readOnlyRootFilesystem") is not True:
        yield f"{name} may write to its root"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield f"{name} keeps capabilities"


def _selector_problems(objects: list[Object]) -> Iterator[str]:
    labels = {name: template["metadata"]["labels"] for name, template in pods(objects)}
    for each in of_kind(objects, "Deployment", "StatefulSet"):
        name = f"{each['kind']} {each['metadata']['name']}"
        if not selects(each["spec"]["selector"], labels[name]):
            yield f"{name}: doesn't select its own pods"
    for each in of_kind(objects, "Service", "PodDisruptionBudget", "NetworkPolicy"):
        spec = each["spec"]
        match each["kind"]:
            case "Service":
                selector = {"matchLabels": spec["selector"]}
            case "PodDisruptionBudget":
                selector = spec["selector"]
            case _:
                selector = spec["podSelector"]
        if not any(selects(selector, each) for each in labels.values()):
            yield f"{each['kind']} {each['metadata']['name']}: selects no pod"
    for service in of_kind(objects, "Service"):
        for port in service["spec"]["ports"]:
            open_ports = {
                opened["name"]
                for _, template in pods(objects)
                if selects({"matchLabels": service["spec"]["selector"]}, template["metadata"]["labels"])
                for container in template["spec"]["containers"]
                for opened in container.get("ports", [])
            }
            if port["targetPort"] not in open_ports:
                yield f"Service {service['metadata']['name']}: no container opens {port['targetPort']}"


class Network:
    """Who reaches whom, by the network policies alone."""

    def __init__(self, objects: list[Object]) -> None:
        """Read pods and policies."""
        self.policies = [each["spec"] for each in of_kind(objects, "NetworkPolicy")]
        self.labels = {component(template): template["metadata"]["labels"] for _, template in pods(objects)}
        self.ports = {
            port["name"]: port["containerPort"]
            for _, template in pods(objects)
            for container in template["spec"]["containers"]
            for port in container.get("ports", [])
        }

    def inside(self) -> set[tuple[str, str, int]]:
        """Return each pod, each pod that it reaches, and the port."""
        return {
            (source, target, port)
            for source in self.labels
            for target in self.labels
            for port in self.ports.values()
            if self.leaves(source, port, pod=target) and self.enters(target, port, pod=source)
        }

    def leaves(self, source: str, port: int, **peer: str) -> bool:
        """Whether a pod may send to a `pod`, a `namespace` or an `address`."""
        return self._allowed(source, "Egress", "egress", "to", port, peer)

    def enters(self, target: str, port: int, **peer: str) -> bool:
        """Whether a pod may receive from a `pod`, a `namespace` or an `address`."""
        return self._allowed(target, "Ingress", "ingress", "from", port, peer)

    def _allowed(self, pod: str, direction: str, rules: str, peers: str, port: int, peer: dict[str, str]) -> bool:
        mine = [each for each in self.policies if selects(each["podSelector"], self.labels[pod])]
        mine = [each for each in mine if direction in each["policyTypes"]]
        # Without any policy Kubernetes lets everything through.
        return not mine or any(
            self._has_port(rule, port) and any(self._is(each, peer) for each in rule[peers])
            for each in mine
            for rule in each.get(rules, [])
        )

    def _has_port(self, rule: Object, port: int) -> bool:
        return any(self.ports.get(each["port"], each["port"]) == port for each in rule["ports"])

    def _is(self, rule: Object, peer: dict[str, str]) -> bool:
        if address := peer.get("address"):
            block = rule.get("ipBlock", {"cidr": "255.255.255.255/32"})
            place = ipaddress.ip_address(address)
            left_out = any(place in ipaddress.ip_network(network) for network in block.get("except", []))
            return place in ipaddress.ip_network(block["cidr"]) and not left_out
        if namespace := peer.get("namespace"):
            wanted = rule.get("namespaceSelector", {"matchLabels": {"kubernetes.io/metadata.name": ""}})
            return selects(wanted, {"kubernetes.io/metadata.name": namespace})
        return (
            "podSelector" in rule
            and "namespaceSelector" not in rule
            and selects(rule["podSelector"], self.labels[peer["pod"]])
        )

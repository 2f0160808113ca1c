"""Kubernetes takes the manifests, they keep to our policy, and their parts fit together."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.manifests import (
    OVERLAYS,
    ROOT,
    Network,
    component,
    named,
    of_kind,
    pods,
    policy_problems,
    render,
    schema_problems,
)

pytestmark = pytest.mark.once

NAMES = ["local", "production"]
PRODUCT = {"web", "worker", "migrate"}
# PostgreSQL in parts, which the example leaves to the README.
ELSEWHERE = {"DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST"}
SERVERS = {(product, server, port) for product in PRODUCT for server, port in {"postgres": 5432, "redis": 6379}.items()}


@pytest.fixture(scope="module")
def rendered():
    return {name: render(name) for name in NAMES}


@pytest.fixture(params=NAMES)
def objects(request, rendered):
    return copy.deepcopy(rendered[request.param])


@pytest.fixture
def production(rendered):
    return copy.deepcopy(rendered["production"])


def container(objects, kind, name):
    return named(objects, kind, name)["spec"]["template"]["spec"]["containers"][0]


def test_kubernetes_takes_them(objects):
    assert schema_problems(objects) == []


def test_a_field_that_kubernetes_does_not_know_is_found(production):
    container(production, "Deployment", "web")["livenesProbe"] = {}
    assert "livenesProbe" in "".join(schema_problems(production))


@pytest.mark.parametrize(
    ("kind", "endpoints", "wrong", "problem"),
    [
        ("ServiceMonitor", "endpoints", {"prot": "http"}, "'prot' was unexpected"),
        ("ServiceMonitor", "endpoints", {"port": 8000}, "8000 is not of type 'string'"),
        ("PodMonitor", "podMetricsEndpoints", {"interval": "30 seconds"}, "'30 seconds' does not match"),
    ],
)
def test_so_is_what_the_operator_of_prometheus_would_refuse(production, kind, endpoints, wrong, problem):
    [monitor] = of_kind(production, kind)
    monitor["spec"][endpoints][0].update(wrong)
    assert problem in "".join(schema_problems(production))
    monitor["spec"][endpoints][0] = {}
    del monitor["spec"]["selector"]
    assert "'selector' is a required property" in "".join(schema_problems(production))


def test_they_keep_to_the_policy(objects):
    assert policy_problems(objects) == []


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda each: each.pop("resources"), "web doesn't say what it needs"),
        (lambda each: each["resources"]["limits"].clear(), "web doesn't say what it needs"),
        (lambda each: each.pop("readinessProbe"), "web has no readinessProbe"),
        (lambda each: each.pop("startupProbe"), "web has no startupProbe"),
        (lambda each: each.update(image="taskmanager:latest"), "web has an image of no version"),
        (lambda each: each.update(image="registry.example:5000/taskmanager"), "web has an image of no version"),
        (lambda each: each["securityContext"].pop("readOnlyRootFilesystem"), "web may write to its root"),
        (lambda each: each["securityContext"]["capabilities"].update(add=["NET_RAW"]), "web keeps capabilities"),
        (lambda each: each["securityContext"].pop("allowPrivilegeEscalation"), "web may gain privileges"),
    ],
)
def test_a_container_that_breaks_the_policy_is_found(production, break_it, problem):
    break_it(container(production, "Deployment", "web"))
    assert policy_problems(production) == [f"Deployment web: {problem}"]


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda spec: spec["securityContext"].pop("runAsNonRoot"), "may run as root"),
        (lambda spec: spec["securityContext"].pop("seccompProfile"), "may call all of the kernel"),
        (lambda spec: spec.pop("automountServiceAccountToken"), "gets a token of the cluster"),
        (lambda spec: spec.update(hostNetwork=True), "shares something with its node"),
        (lambda spec: spec["volumes"][0].update(hostPath={"path": "/"}), "mounts a folder of its node"),
        (lambda spec: spec["volumes"][0]["emptyDir"].clear(), "the volume data may fill the node"),
        (lambda spec: spec["initContainers"][0].pop("resources"), "wait-for-migrations doesn't say what it needs"),
    ],
)
def test_a_pod_that_breaks_the_policy_is_found(production, break_it, problem):
    break_it(named(production, "Deployment", "web")["spec"]["template"]["spec"])
    assert policy_problems(production) == [f"Deployment web: {problem}"]


def test_a_service_that_finds_nobody_is_found(production):
    named(production, "Service", "web")["spec"]["selector"]["app.kubernetes.io/component"] = "page"
    assert "Service web: selects no pod" in policy_problems(production)


def test_each_version_has_a_job_of_its_own_which_web_and_worker_wait_for(objects):
    images = {each["image"] for _, template in pods(objects) if component(template) in PRODUCT
              for each in template["spec"]["containers"] + template["spec"].get("initContainers", [])}  # fmt: skip
    assert len(images) == 1, images
    [job] = of_kind(objects, "Job")
    assert job["metadata"]["name"] == f"migrate-{images.pop().rpartition(':')[2]}"
    for name in ("web", "worker"):
        [waiting] = named(objects, "Deployment", name)["spec"]["template"]["spec"]["initContainers"]
        assert "taskmanager migrate --check" in waiting["command"][-1]


def test_every_variable_that_they_set_is_one_of_the_product(objects):
    known = set(re.findall(r"(?m)^# ([A-Z][A-Z_0-9]+)=", (ROOT / ".env.example").read_text())) | ELSEWHERE
    secrets = yaml.safe_load((OVERLAYS / "production/secrets.template.yaml").read_text())["stringData"]
    given = {name for each in of_kind(objects, "ConfigMap") for name in each["data"]} | set(secrets)
    for _, template in pods(objects):
        if component(template) in PRODUCT:
            given |= {each["name"] for each in template["spec"]["containers"][0].get("env", [])}
    assert given - known == set()


def test_configuration_and_secrets_are_those_that_the_pods_name(objects):
    there = {each["metadata"]["name"] for each in of_kind(objects, "ConfigMap", "Secret")} | {"taskmanager"}
    for _, template in pods(objects):
        for each in template["spec"]["containers"] + template["spec"].get("initContainers", []):
            for source in each.get("envFrom", []):
                assert next(iter(source.values()))["name"] in there


def test_probes_ask_the_health_addresses_by_a_name_that_is_allowed(objects):
    for name in ("web", "worker"):
        each = container(objects, "Deployment", name)
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = each[kind]["httpGet"]
            assert {"name": "Host", "value": "localhost"} in asked["httpHeaders"]
            assert {"name": "X-Forwarded-Proto", "value": "https"} in asked["httpHeaders"]
            assert asked["port"] in {port["name"] for port in each["ports"]}
    assert container(objects, "Deployment", "web")["readinessProbe"]["httpGet"]["path"] == "/health/readiness/"
    assert container(objects, "Deployment", "web")["livenessProbe"]["httpGet"]["path"] == "/health/liveness/"


def test_a_pod_has_longer_to_end_than_its_last_requests_may_take(objects):
    graceful = int(re.search(r"(?m)^graceful_timeout = (\d+)", (ROOT / "taskmanager/gunicorn.conf.py").read_text())[1])
    spec = named(objects, "Deployment", "web")["spec"]["template"]["spec"]
    pause = int(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert spec["terminationGracePeriodSeconds"] > pause + graceful


def test_in_the_cluster_of_one_machine_only_the_product_reaches_database_and_redis(rendered):
    assert Network(rendered["local"]).inside() == SERVERS


def test_in_production_no_pod_reaches_another(rendered):
    network = Network(rendered["production"])
    assert network.inside() == set()
    for name in PRODUCT | {"backup"}:
        assert network.leaves(name, 5432, address="10.20.0.5")
        assert network.leaves(name, 6379, address="10.20.0.5")
        assert not network.leaves(name, 5432, address="10.21.0.5")


def test_pages_come_by_the_ingress_and_numbers_go_to_prometheus(objects):
    network = Network(objects)
    callers = ("ingress-nginx", "monitoring", "default", "kube-system")
    reached = {(name, pod, port) for name in callers for pod in network.labels for port in (8000, 9100, 5432, 6379)
               if network.enters(pod, port, namespace=name)}  # fmt: skip
    # Both ports stand in one rule, of which each pod opens its own.
    assert {each for each in reached if each[:2] == ("ingress-nginx", "web")} == {("ingress-nginx", "web", 8000)}
    assert {(name, pod) for name, pod, _ in reached} == {
        ("ingress-nginx", "web"),
        ("monitoring", "web"),
        ("monitoring", "worker"),
    }


def test_mail_and_https_go_out_and_nothing_goes_inside_by_the_way(objects):
    network = Network(objects)
    for name in ("web", "worker"):
        assert all(network.leaves(name, port, address="93.184.215.14") for port in (443, 465, 587))
        assert not network.leaves(name, 22, address="93.184.215.14")
        assert not network.leaves(name, 443, address="169.254.169.254")
        assert not network.leaves(name, 443, address="10.0.0.1")
    for name in network.labels:
        assert network.leaves(name, 53, namespace="kube-system")
        # What is saved lies in a bucket, too.
        assert name in {"web", "worker", "backup"} or not network.leaves(name, 443, address="93.184.215.14")


def test_what_production_exposes_is_there(production):
    [ingress] = of_kind(production, "Ingress")
    [rule] = ingress["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    service = named(production, "Service", backend["name"])
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    [configuration] = of_kind(production, "ConfigMap")
    assert configuration["data"]["PUBLIC_URL"] == f"https://{rule['host']}"
    [scaler] = of_kind(production, "HorizontalPodAutoscaler")
    # A number in the manifest would undo what the autoscaler decided, at each roll-out.
    assert "replicas" not in named(production, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])["spec"]


def test_the_nightly_backup_reaches_what_it_saves_and_has_a_place_for_it(production):
    [job] = of_kind(production, "CronJob")
    [(_, template)] = [each for each in pods(production) if component(each[1]) == "backup"]
    [saves] = template["spec"]["containers"]
    assert saves["image"] == container(production, "Deployment", "web")["image"]
    assert saves["envFrom"] == container(production, "Deployment", "web")["envFrom"]
    network = Network(production)
    assert network.leaves("backup", 443, address="93.184.215.14")  # the bucket
    assert not network.leaves("backup", 587, address="93.184.215.14")
    [claim] = [
        each["persistentVolumeClaim"]["claimName"] for each in template["spec"]["volumes"] if "emptyDir" not in each
    ]
    assert named(production, "PersistentVolumeClaim", claim)
    [place] = [each["mountPath"] for each in saves["volumeMounts"] if each["name"] == "backups"]
    assert f"taskmanager backup {place}/" in saves["command"][-1]
    assert job["spec"]["concurrencyPolicy"] == "Forbid"


def test_prometheus_finds_what_it_is_to_scrape(production):
    [monitor] = of_kind(production, "ServiceMonitor")
    service = named(production, "Service", "web")
    assert monitor["spec"]["selector"]["matchLabels"] == service["metadata"]["labels"]
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
    [monitor] = of_kind(production, "PodMonitor")
    worker = container(production, "Deployment", "worker")
    assert monitor["spec"]["podMetricsEndpoints"][0]["port"] in {port["name"] for port in worker["ports"]}
    assert worker["env"] == [{"name": "WORKER_PORT", "value": str(worker["ports"][0]["containerPort"])}]


def test_every_secret_in_the_repository_is_encrypted():
    place = OVERLAYS / "production"
    secrets = yaml.safe_load((place / "secrets.enc.yaml").read_text())
    template = yaml.safe_load((place / "secrets.template.yaml").read_text())
    assert set(secrets["stringData"]) == set(template["stringData"])
    assert all(value.startswith("ENC[AES256_GCM,") for value in secrets["stringData"].values())
    [rule] = yaml.safe_load((ROOT / ".sops.yaml").read_text())["creation_rules"]
    assert re.search(rule["path_regex"], str((place / "secrets.enc.yaml").relative_to(ROOT)))
    assert secrets["sops"]["age"][0]["recipient"] == rule["age"]
    kinds = [yaml.safe_load_all(file.read_text()) for file in Path(ROOT / "deploy/k8s").rglob("*.yaml")]
    plain = [each for objects in kinds for each in objects if each.get("kind") == "Secret" and "sops" not in each]
    assert plain == [template]

/** Pods and Deployments, as far as they are of use without a scheduler or a kubelet. */
import { at, equal, type Fields, fieldsOf, isFields, listOf, type Stored, textOf } from "../json.ts";
import { ensure, type Strategy } from "../resource.ts";
import { type FieldErrors, nameProblems } from "../validation.ts";
import { keepSpec, keepStatus } from "./keep.ts";

const STRATEGIES = ["Recreate", "RollingUpdate"];

export const deploymentStrategy: Strategy = {
  prepareCreate(deployment) {
    deployment.status = {};
  },
  prepareUpdate(deployment, old) {
    keepStatus(deployment, old);
    // A change of the annotations counts as one of the spec; the spec itself is looked at for every kind.
    if (!equal(deployment.metadata.annotations, old.metadata.annotations)) {
      deployment.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
    }
  },
  prepareStatusUpdate: keepSpec,
  defaults(deployment) {
    const spec = ensure(deployment, "spec");
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    const strategy = ensure(spec, "strategy");
    strategy.type ??= "RollingUpdate";
    if (strategy.type === "RollingUpdate") {
      const rolling = ensure(strategy, "rollingUpdate");
      rolling.maxUnavailable ??= "25%";
      rolling.maxSurge ??= "25%";
    }
    defaultPodSpec(ensure(ensure(spec, "template"), "spec"));
  },
  validate(deployment, old, errors) {
    const spec = fieldsOf(deployment.spec);
    const selector = spec.selector;
    if (!isFields(selector)) errors.required("spec.selector");
    else if (!isFields(selector.matchLabels) && listOf(selector.matchExpressions).length === 0) {
      errors.invalid("spec.selector", selector, "empty selector is invalid for deployment");
    }
    const labels = fieldsOf(at(spec, "template", "metadata", "labels"));
    const wanted = Object.entries(fieldsOf(at(selector, "matchLabels")));
    if (wanted.some(([key, value]) => labels[key] !== value)) {
      errors.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
    }
    if (old && !equal(selector, at(old, "spec", "selector")))
      errors.invalid("spec.selector", selector, "field is immutable");
    if (Number(spec.replicas) < 0) {
      errors.invalid("spec.replicas", spec.replicas, "must be greater than or equal to 0");
    }
    validateContainers(fieldsOf(at(spec, "template", "spec")), "spec.template.spec", errors);
    const strategy = fieldsOf(spec.strategy);
    if (!STRATEGIES.includes(textOf(strategy.type))) {
      const shown = { Type: strategy.type, RollingUpdate: strategy.rollingUpdate ?? null };
      errors.unsupported("spec.strategy", shown, STRATEGIES);
    }
    if (strategy.type === "Recreate" && strategy.rollingUpdate !== undefined) {
      const why = "may not be specified when strategy `type` is 'Recreate'";
      errors.forbidden("spec.strategy.rollingUpdate", why);
    }
  },
};

function defaultPodSpec(spec: Fields): void {
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= "ClusterFirst";
  spec.schedulerName ??= "default-scheduler";
  spec.securityContext ??= {};
  for (const container of [...listOf(spec.initContainers), ...listOf(spec.containers)].filter(isFields)) {
    container.resources ??= {};
    container.terminationMessagePath ??= "/dev/termination-log";
    container.terminationMessagePolicy ??= "File";
    container.imagePullPolicy ??= /:(?!latest$)[^/]+$|@/.test(textOf(container.image)) ? "IfNotPresent" : "Always";
    for (const port of listOf(container.ports).filter(isFields)) port.protocol ??= "TCP";
  }
}

function validateContainers(spec: Fields, path: string, errors: FieldErrors): void {
  const containers = listOf(spec.containers);
  if (containers.length === 0) errors.required(`${path}.containers`);
  const names = new Set<string>();
  containers.forEach((container, index) => {
    const { name, image } = fieldsOf(container);
    const field = `${path}.containers[${index}]`;
    if (!name) errors.required(`${field}.name`);
    else for (const one of nameProblems("dns1123label", textOf(name))) errors.invalid(`${field}.name`, name, one);
    if (!image) errors.required(`${field}.image`);
  });
  containers.forEach((container, index) => {
    const name = textOf(at(container, "name"));
    if (names.has(name)) errors.duplicate(`${path}.containers[${index}].name`, name);
    names.add(name);
  });
}

const UNAVAILABLE = ["not-ready", "unreachable"].map((name) => `node.kubernetes.io/${name}`);
const TOLERATED_S = 300;

export const podStrategy: Strategy = {
  prepareCreate(pod) {
    const spec = ensure(pod, "spec");
    pod.status = { phase: "Pending", qosClass: qosOf(spec) };
    // What the admission plugins that are on by default add.
    spec.priority ??= 0;
    spec.preemptionPolicy ??= "PreemptLowerPriority";
    const tolerations = listOf(spec.tolerations);
    const missing = UNAVAILABLE.filter((key) => !tolerations.some((one) => tolerates(one, key)));
    spec.tolerations = [
      ...tolerations,
      ...missing.map((key) => ({
        key,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: TOLERATED_S,
      })),
    ];
  },
  prepareUpdate: keepStatus,
  prepareStatusUpdate: keepSpec,
  defaults(pod) {
    const spec = ensure(pod, "spec");
    defaultPodSpec(spec);
    spec.enableServiceLinks ??= true;
    if (spec.hostNetwork !== true) return;
    for (const port of containersOf(spec).flatMap((container) => listOf(container.ports))) {
      if (isFields(port)) port.hostPort ??= port.containerPort;
    }
  },
  validate(pod, old, errors) {
    validateContainers(fieldsOf(pod.spec), "spec", errors);
    if (old && !equal(unchangeable(pod), unchangeable(old))) errors.forbidden("spec", UNCHANGEABLE);
  },
  /** The kubelet of its node is given time to stop it; what runs nowhere goes at once. */
  grace(pod, wanted) {
    const { phase } = fieldsOf(pod.status);
    if (!at(pod, "spec", "nodeName") || phase === "Succeeded" || phase === "Failed") return 0;
    return wanted ?? Number(at(pod, "spec", "terminationGracePeriodSeconds") ?? 30);
  },
};

const UNCHANGEABLE =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const containersOf = (spec: Fields): Fields[] =>
  [...listOf(spec.initContainers), ...listOf(spec.containers)].filter(isFields);

function unchangeable(pod: Stored): Fields {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...spec } = fieldsOf(pod.spec);
  const withoutImages = (list: unknown) => listOf(list).map((one) => ({ ...fieldsOf(one), image: "" }));
  return { ...spec, containers: withoutImages(spec.containers), initContainers: withoutImages(spec.initContainers) };
}

function tolerates(toleration: unknown, key: string): boolean {
  const { key: own, effect } = fieldsOf(toleration);
  return (own === undefined || own === key) && (effect === undefined || effect === "NoExecute");
}

/** Guaranteed: limits for everything and nothing less requested; BestEffort: neither asked for nor limited. */
function qosOf(spec: Fields): string {
  const all = containersOf(spec).map((container) => fieldsOf(container.resources));
  const [limits, requests] = ["limits", "requests"].map((name) => all.map((one) => fieldsOf(one[name])));
  const named = [...(limits ?? []), ...(requests ?? [])].some((one) => Object.keys(one).length > 0);
  if (!named) return "BestEffort";
  const guaranteed = (limits ?? []).every((limit, index) => {
    const request = requests?.[index] ?? {};
    return ["cpu", "memory"].every(
      (name) => limit[name] !== undefined && equal(request[name] ?? limit[name], limit[name]),
    );
  });
  return guaranteed ? "Guaranteed" : "Burstable";
}

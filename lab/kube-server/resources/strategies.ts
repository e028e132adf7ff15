/** The rules of every kind but Service. */
import { at, equal, type Fields, fieldsOf, isFields, listOf, type Stored, textOf } from "../json.ts";
import { ensure, type Strategy } from "../resource.ts";
import { type FieldErrors, keyProblem, validateLabels } from "../validation.ts";

const keepStatus = (object: Stored, old: Stored): void => {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
};

const keepSpec = (object: Stored, old: Stored): void => {
  if (old.spec === undefined) delete object.spec;
  else object.spec = old.spec;
};

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export const nodeStrategy: Strategy = {
  // The kubelet registers its node together with a status: only updates are split.
  prepareUpdate: keepStatus,
  prepareStatusUpdate: keepSpec,
  defaults(node) {
    ensure(node, "status");
    matchPodCidrs(node);
  },
  validate(node, old, errors) {
    const spec = fieldsOf(node.spec);
    const providerId = textOf(at(old, "spec", "providerID"));
    if (providerId && textOf(spec.providerID) !== providerId) {
      errors.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid');
    }
    const cidrs = listOf(at(old, "spec", "podCIDRs"));
    if (cidrs.length > 0 && !equal(cidrs, listOf(spec.podCIDRs))) {
      errors.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid');
    }
    if (spec.podCIDR && listOf(spec.podCIDRs).length > 0 && listOf(spec.podCIDRs)[0] !== spec.podCIDR) {
      errors.invalid("spec.podCIDRs", spec.podCIDRs, "must be equal to podCIDR in its first entry");
    }
    validateTaints(listOf(spec.taints), errors);
  },
};

/** podCIDR is the first of podCIDRs: whichever is given fills the other. */
function matchPodCidrs(node: Stored): void {
  const spec = ensure(node, "spec");
  if (spec.podCIDR && listOf(spec.podCIDRs).length === 0) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && listOf(spec.podCIDRs).length > 0) spec.podCIDR = listOf(spec.podCIDRs)[0];
}

function validateTaints(taints: readonly unknown[], errors: FieldErrors): void {
  const seen = new Set<string>();
  taints.forEach((taint, index) => {
    const { key, effect, value } = fieldsOf(taint);
    const field = `metadata.taints[${index}]`;
    const problem = keyProblem(textOf(key));
    if (problem) errors.invalid(`${field}.key`, key ?? "", problem);
    validateLabels({ key: value ?? "" }, `${field}.value`, errors);
    if (!effect) errors.required(`${field}.effect`);
    else if (!EFFECTS.includes(textOf(effect))) errors.unsupported(`${field}.effect`, effect, EFFECTS);
    const unique = `${textOf(key)}:${textOf(effect)}`;
    if (seen.has(unique)) errors.duplicate(field, taint);
    seen.add(unique);
  });
}

export const namespaceStrategy: Strategy = {
  prepareCreate(namespace) {
    const spec = ensure(namespace, "spec");
    const finalizers = listOf(spec.finalizers);
    spec.finalizers = finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"];
    namespace.status = { phase: "Active" };
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      "kubernetes.io/metadata.name": textOf(namespace.metadata.name),
    };
  },
  prepareUpdate(namespace, old) {
    keepSpec(namespace, old);
    keepStatus(namespace, old);
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      "kubernetes.io/metadata.name": textOf(namespace.metadata.name),
    };
  },
  prepareStatusUpdate: keepSpec,
};

export const deploymentStrategy: Strategy = {
  prepareCreate(deployment) {
    deployment.status = {};
  },
  prepareUpdate: keepStatus,
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
    if (!name) errors.required(`${path}.containers[${index}].name`);
    else if (names.has(textOf(name))) errors.duplicate(`${path}.containers[${index}].name`, name);
    names.add(textOf(name));
    if (!image) errors.required(`${path}.containers[${index}].image`);
  });
}

export const podStrategy: Strategy = {
  prepareCreate(pod) {
    pod.status = { phase: "Pending", qosClass: "BestEffort" };
  },
  prepareUpdate: keepStatus,
  prepareStatusUpdate: keepSpec,
  defaults(pod) {
    const spec = ensure(pod, "spec");
    defaultPodSpec(spec);
    spec.enableServiceLinks ??= true;
  },
  validate(pod, _old, errors) {
    validateContainers(fieldsOf(pod.spec), "spec", errors);
  },
};

export const secretStrategy: Strategy = {
  prepareCreate: takeStringData,
  prepareUpdate: takeStringData,
  defaults(secret) {
    secret.type ??= "Opaque";
  },
  validate(secret, old, errors) {
    validateDataKeys(secret.data, errors);
    for (const [key, value] of Object.entries(fieldsOf(secret.data))) {
      if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
        errors.invalid(`data[${key}]`, "<secret contents redacted>", "must be base64");
      }
    }
    if (!old) return;
    if (secret.type !== old.type) errors.invalid("type", secret.type, "field is immutable");
    validateImmutable(secret, old, errors);
  },
};

/** stringData is write-only: it is encoded into data. */
function takeStringData(secret: Stored): void {
  if (!isFields(secret.stringData)) return;
  const data = ensure(secret, "data");
  for (const [key, value] of Object.entries(secret.stringData))
    data[key] = Buffer.from(textOf(value)).toString("base64");
  delete secret.stringData;
}

export const configMapStrategy: Strategy = {
  validate(map, old, errors) {
    validateDataKeys(map.data, errors);
    if (old) validateImmutable(map, old, errors);
  },
};

function validateDataKeys(data: unknown, errors: FieldErrors): void {
  for (const key of Object.keys(fieldsOf(data))) {
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
      errors.invalid(
        `data[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      );
    }
  }
}

function validateImmutable(object: Stored, old: Stored, errors: FieldErrors): void {
  if (old.immutable !== true) return;
  if (object.immutable !== true) errors.forbidden("immutable", "field is immutable when `immutable` is set");
  for (const name of ["data", "binaryData"]) {
    if (!equal(object[name], old[name])) errors.forbidden(name, "field is immutable when `immutable` is set");
  }
}

export const leaseStrategy: Strategy = {
  validate(lease, _old, errors) {
    const { leaseDurationSeconds, leaseTransitions } = fieldsOf(lease.spec);
    if (leaseDurationSeconds !== undefined && !(Number(leaseDurationSeconds) > 0)) {
      errors.invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0");
    }
    if (leaseTransitions !== undefined && !(Number(leaseTransitions) >= 0)) {
      errors.invalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0");
    }
  },
};

export const endpointSliceStrategy: Strategy = {
  defaults(slice) {
    slice.endpoints ??= [];
    for (const port of listOf(slice.ports).filter(isFields)) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate(slice, old, errors) {
    const supported = ["FQDN", "IPv4", "IPv6"];
    const type = textOf(slice.addressType);
    if (type === "") errors.required("addressType");
    else if (!supported.includes(type)) errors.unsupported("addressType", type, supported);
    if (old && type !== old.addressType) errors.invalid("addressType", type, "field is immutable");
    listOf(slice.endpoints).forEach((endpoint, index) => {
      if (listOf(at(endpoint, "addresses")).length === 0) {
        errors.required(`endpoints[${index}].addresses`, "must contain at least 1 address");
      }
    });
  },
};

export const eventStrategy: Strategy = {
  validate(event, _old, errors) {
    const regarding = fieldsOf(event.involvedObject);
    const expected = textOf(regarding.namespace) || "default";
    if (event.metadata.namespace !== expected) {
      errors.invalid("involvedObject.namespace", regarding.namespace ?? "", "does not match event.namespace");
    }
  },
};

export const plainStrategy: Strategy = {};

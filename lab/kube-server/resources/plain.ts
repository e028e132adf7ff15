/** Namespaces, Events, and the kinds without rules of their own. */
import { fieldsOf, listOf, textOf } from "../json.ts";
import { ensure, type Strategy } from "../resource.ts";
import { keepSpec, keepStatus } from "./keep.ts";

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

export const eventStrategy: Strategy = {
  validate(event, _old, errors) {
    const regarding = fieldsOf(event.involvedObject);
    const expected = textOf(regarding.namespace) || "default";
    if (event.metadata.namespace !== expected) {
      errors.invalid("involvedObject.namespace", regarding.namespace ?? "", "does not match event.namespace");
    }
  },
};

/** What the newer group asks for when it makes one. */
export const eventViewStrategy: Strategy = {
  validate(event, old, errors) {
    if (!old) {
      if (!event.eventTime) errors.required("eventTime");
      const type = textOf(event.type);
      if (type !== "Normal" && type !== "Warning") errors.invalid("type", type, `has invalid value: ${type}`);
    }
    eventStrategy.validate?.(event, old, errors);
  },
};

export const plainStrategy: Strategy = {};

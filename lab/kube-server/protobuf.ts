/**
 * Reads the protobuf bodies that `kubectl create namespace|configmap|secret|service|deployment` and `kubectl auth can-i`
 * send, and a few more. Field numbers are those of the generated.proto files of k8s.io/api. A field that is not listed and not empty is refused,
 * never dropped in silence.
 */
import { type Fields, fieldsOf, setOwn } from "./json.ts";
import { unsupportedMediaType } from "./status-errors.ts";

/** number=name, then `#` integer, `?` boolean, `%` time, `~` int-or-string, `{}` map, `{b}` map of bytes, `[]` repeated, `:T` message. */
const MESSAGES: Readonly<Record<string, string>> = {
  ObjectMeta: `1=name 2=generateName 3=namespace 4=selfLink 5=uid 6=resourceVersion 7=generation# 8=creationTimestamp%
    9=deletionTimestamp% 10=deletionGracePeriodSeconds# 11=labels{} 12=annotations{} 14=finalizers[]`,
  Namespace: "1=metadata:ObjectMeta 2=spec:NamespaceSpec 3=status:NamespaceStatus",
  NamespaceSpec: "1=finalizers[]",
  NamespaceStatus: "1=phase",
  ConfigMap: "1=metadata:ObjectMeta 2=data{} 3=binaryData{b} 4=immutable?",
  Secret: "1=metadata:ObjectMeta 2=data{b} 3=type 4=stringData{} 5=immutable?",
  Service: "1=metadata:ObjectMeta 2=spec:ServiceSpec 3=status:ServiceStatus",
  ServiceSpec: `1=ports[]:ServicePort 2=selector{} 3=clusterIP 4=type 5=externalIPs[] 7=sessionAffinity 8=loadBalancerIP
    9=loadBalancerSourceRanges[] 10=externalName 11=externalTrafficPolicy 12=healthCheckNodePort# 13=publishNotReadyAddresses?`,
  ServicePort: "1=name 2=protocol 3=port# 4=targetPort~ 5=nodePort# 6=appProtocol",
  ServiceStatus: "1=loadBalancer:Empty",
  Empty: "",
  Deployment: "1=metadata:ObjectMeta 2=spec:DeploymentSpec 3=status:Empty",
  DeploymentSpec: "1=replicas# 2=selector:LabelSelector 3=template:PodTemplateSpec 4=strategy:Empty 5=minReadySeconds#",
  LabelSelector: "1=matchLabels{}",
  PodTemplateSpec: "1=metadata:ObjectMeta 2=spec:PodSpec",
  PodSpec: "2=containers[]:Container",
  Container: "1=name 2=image 3=command[] 4=args[] 5=workingDir 6=ports[]:ContainerPort 8=resources:Empty",
  ContainerPort: "1=name 2=hostPort# 3=containerPort# 4=protocol 5=hostIP",
  ServiceAccount: "1=metadata:ObjectMeta 2=secrets[]:Empty 3=imagePullSecrets[]:Empty 4=automountServiceAccountToken?",
  SelfSubjectReview: "1=metadata:ObjectMeta 2=status:Empty",
  SelfSubjectRulesReview: "1=metadata:ObjectMeta 2=spec:RulesSpec 3=status:Empty",
  RulesSpec: "1=namespace",
  SelfSubjectAccessReview: "1=metadata:ObjectMeta 2=spec:AccessSpec 3=status:Empty",
  AccessSpec: "1=resourceAttributes:ResourceAttributes 2=nonResourceAttributes:NonResourceAttributes",
  ResourceAttributes: "1=namespace 2=verb 3=group 4=version 5=resource 6=subresource 7=name",
  NonResourceAttributes: "1=path 2=verb",
};

const MAGIC = "k8s\0";

/** The object in the envelope, as JSON. Throws a 415 for a kind or field that is not known here. */
export function readProtobuf(bytes: Uint8Array): Fields {
  if (Buffer.from(bytes.subarray(0, 4)).toString("latin1") !== MAGIC)
    throw refused("it is not in Kubernetes' envelope");
  let type: Fields = {};
  let raw: Uint8Array = new Uint8Array(0);
  for (const { number, bytes: value } of entries(bytes.subarray(4))) {
    if (number === 1 && value)
      type = Object.fromEntries([...entries(value)].map((one) => [one.number, text(one.bytes)]));
    if (number === 2 && value) raw = value;
  }
  const kind = String(type["2"] ?? "");
  if (!Object.hasOwn(MESSAGES, kind)) throw refused(`kind ${kind || "unknown"}`);
  return { apiVersion: String(type["1"] ?? ""), kind, ...message(kind, raw) };
}

function message(name: string, bytes: Uint8Array): Fields {
  const fields = new Map<number, RegExpExecArray>();
  for (const word of (MESSAGES[name] ?? "").split(/\s+/)) {
    const match = /^(\d+)=(\w+)([#?%~]|\{b?\})?(\[\])?(?::(\w+))?$/.exec(word);
    if (match) fields.set(Number(match[1]), match);
  }
  const result: Fields = {};
  for (const entry of entries(bytes)) {
    const [, , field = "", form, list, type] = fields.get(entry.number) ?? [];
    const empty = entry.bytes ? entry.bytes.length === 0 : entry.value === 0;
    if (field === "") {
      if (empty || (entry.bytes && isEmptyMessage(entry.bytes))) continue;
      throw refused(`field ${entry.number} of ${name}`);
    }
    if (list)
      result[field] = [
        ...((result[field] as unknown[]) ?? []),
        type ? message(type, entry.bytes ?? bytes) : text(entry.bytes),
      ];
    else if (form?.startsWith("{")) {
      const target = fieldsOf(result[field]);
      result[field] = target;
      const [key, value] = [1, 2].map((n) => [...entries(entry.bytes ?? bytes)].find((one) => one.number === n)?.bytes);
      setOwn(target, text(key), form === "{b}" ? Buffer.from(value ?? []).toString("base64") : text(value));
    } else if (!empty) {
      const value = scalar(form, type, entry);
      if (value !== undefined) result[field] = value;
    }
  }
  return result;
}

function scalar(form: string | undefined, type: string | undefined, entry: Entry): unknown {
  if (type) return message(type, entry.bytes ?? new Uint8Array(0));
  if (form === "#") return entry.value;
  if (form === "?") return entry.value === 1;
  if (form === "%") {
    const seconds = [...entries(entry.bytes ?? new Uint8Array(0))].find((one) => one.number === 1)?.value ?? 0;
    return seconds > 0 ? `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z` : undefined;
  }
  if (form === "~") {
    const parts = new Map([...entries(entry.bytes ?? new Uint8Array(0))].map((one) => [one.number, one]));
    return parts.get(1)?.value === 1 ? text(parts.get(3)?.bytes) : parts.get(2)?.value;
  }
  return text(entry.bytes);
}

/** A message whose every field has its zero value: Go writes those out. */
function isEmptyMessage(bytes: Uint8Array): boolean {
  try {
    return [...entries(bytes)].every((one) =>
      one.bytes ? one.bytes.length === 0 || isEmptyMessage(one.bytes) : one.value === 0,
    );
  } catch {
    return false;
  }
}

interface Entry {
  readonly number: number;
  readonly value?: number;
  readonly bytes?: Uint8Array;
}

function* entries(bytes: Uint8Array): Generator<Entry> {
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++];
      if (byte === undefined || scale > 2 ** 63) throw refused("it is cut off");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (position < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) yield { number, value: varint() };
    else if (tag % 8 === 2) {
      const length = varint();
      if (position + length > bytes.length) throw refused("it is cut off");
      yield { number, bytes: bytes.subarray(position, position + length) };
      position += length;
    } else throw refused("it has a field of an unknown form");
  }
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0));
const refused = (why: string) =>
  unsupportedMediaType(
    `the protobuf body cannot be read (${why}) - accepted media types include: application/json, application/yaml`,
  );

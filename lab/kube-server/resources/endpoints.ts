/** Endpoints and EndpointSlices. */
import { at, equal, fieldsOf, isFields, listOf, type Stored, textOf } from "../json.ts";
import type { Strategy } from "../resource.ts";
import { type FieldErrors, keyProblems, nameProblems } from "../validation.ts";
import { familyOf, isIp } from "./service-addresses.ts";
import { validateEndpointIp } from "./service-validation.ts";

const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
const PORT_RANGE = "must be between 1 and 65535, inclusive";
const IP_WORDS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

export const endpointsStrategy: Strategy = {
  defaults(endpoints) {
    for (const subset of listOf(endpoints.subsets)) {
      for (const port of listOf(at(subset, "ports")).filter(isFields)) port.protocol ??= "TCP";
    }
  },
  validate(endpoints, _old, errors) {
    listOf(endpoints.subsets).forEach((subset, index) => {
      validateSubset(subset, `subsets[${index}]`, errors);
    });
  },
};

function validateSubset(subset: unknown, field: string, errors: FieldErrors): void {
  const ready = listOf(at(subset, "addresses"));
  const unready = listOf(at(subset, "notReadyAddresses"));
  if (ready.length + unready.length === 0) {
    errors.required(field, "must specify `addresses` or `notReadyAddresses`");
  }
  for (const [name, list] of [
    ["addresses", ready],
    ["notReadyAddresses", unready],
  ] as const) {
    list.forEach((address, index) => {
      const ip = textOf(at(address, "ip"));
      const path = `${field}.${name}[${index}].ip`;
      if (isIp(ip)) validateEndpointIp(path, ip, errors);
      else {
        errors.invalid(path, ip, IP_WORDS);
        errors.invalid(path, ip, "must be a valid IP address");
      }
    });
  }
  const ports = listOf(at(subset, "ports"));
  ports.forEach((port, index) => {
    const { name, port: number, protocol } = fieldsOf(port);
    const path = `${field}.ports[${index}]`;
    if (ports.length > 1 && !name) errors.required(`${path}.name`);
    else if (name) {
      for (const problem of nameProblems("dns1123label", textOf(name))) errors.invalid(`${path}.name`, name, problem);
    }
    if (!isPort(number)) errors.invalid(`${path}.port`, number ?? 0, PORT_RANGE);
    if (!PROTOCOLS.includes(textOf(protocol))) errors.unsupported(`${path}.protocol`, protocol, PROTOCOLS);
  });
}

const TYPES = ["FQDN", "IPv4", "IPv6"];

export const endpointSliceStrategy: Strategy = {
  prepareUpdate(slice, old) {
    // Everything but the annotations counts: what selects the slice as well as what it holds.
    const rest = ({ metadata, ...fields }: Stored) => ({ ...fields, labels: metadata.labels });
    if (!equal(rest(slice), rest(old))) slice.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
  },
  defaults(slice) {
    for (const port of listOf(slice.ports).filter(isFields)) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate(slice, old, errors) {
    const type = textOf(slice.addressType);
    validateSlicePorts(listOf(slice.ports), errors);
    const endpoints = listOf(slice.endpoints);
    // What was once accepted is not looked at again.
    if (!old || !equal(slice.endpoints, old.endpoints)) {
      endpoints.forEach((endpoint, index) => {
        const field = `endpoints[${index}]`;
        listOf(at(endpoint, "addresses")).forEach((address, position) => {
          validateAddress(`${field}.addresses`, position, type, textOf(address), errors);
        });
        const nodeName = at(endpoint, "nodeName");
        if (nodeName === undefined) return;
        for (const problem of nameProblems("dns1123subdomain", textOf(nodeName))) {
          errors.invalid(`${field}.nodeName`, nodeName, problem);
        }
      });
    }
    // The API server's declarative rules come last.
    if (type === "") errors.required("addressType");
    else if (!TYPES.includes(type)) errors.unsupported("addressType", type, TYPES);
    if (old && type !== old.addressType) errors.invalid("addressType", undefined, "field is immutable");
    endpoints.forEach((endpoint, index) => {
      if (listOf(at(endpoint, "addresses")).length === 0) errors.required(`endpoints[${index}].addresses`);
    });
  },
};

function validateSlicePorts(ports: readonly unknown[], errors: FieldErrors): void {
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const { name, protocol, appProtocol } = fieldsOf(port);
    const text = textOf(name);
    const field = `ports[${index}]`;
    if (text !== "") for (const one of nameProblems("dns1123label", text)) errors.invalid(`${field}.name`, text, one);
    if (names.has(text)) errors.duplicate(`${field}.name`, text);
    names.add(text);
    if (!PROTOCOLS.includes(textOf(protocol))) errors.unsupported(`${field}.protocol`, protocol, PROTOCOLS);
    if (appProtocol === undefined) return;
    for (const one of keyProblems(textOf(appProtocol))) errors.invalid(`${field}.appProtocol`, appProtocol, one);
  });
}

function validateAddress(list: string, index: number, type: string, address: string, errors: FieldErrors): void {
  const field = `${list}[${index}]`;
  if (type === "FQDN") {
    for (const problem of nameProblems("dns1123subdomain", address)) errors.invalid(field, address, problem);
  } else if (type === "IPv4" || type === "IPv6") {
    if (isIp(address) && familyOf(address) !== type) errors.invalid(list, address, `must be an ${type} address`);
    validateEndpointIp(field, address, errors);
  }
}

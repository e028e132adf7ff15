import { ANNOTATIONS, type SettingName } from "../annotation-table.ts";

/** For each annotation a value that is allowed, and not the default. */
export const GOOD_VALUES: Readonly<Record<SettingName, string>> = {
  internal: "true",
  allocateVip: "true",
  subnetId: "sbn-a1b2c3",
  name: "web/front_1.a",
  existingId: "lb-a1b2c3",
  id: "lb-a1b2c3",
  reserve: "true",
  scheduler: "LeastConnection",
  healthTimeout: "60",
  healthInterval: "10",
  unhealthyThreshold: "5",
  healthyThreshold: "2",
  healthString: "\\01ping",
  maxBackends: "1",
  backendLabel: "pool=edge,example.com/tier=",
  eipName: "web-ip",
  eipPayment: "Prepaid",
  eipBilling: "ByBandwidth",
  eipBandwidth: "300",
  eipReservation: "36",
  addedId: "lb-a1b2c3",
  addedEip: "203.0.113.7",
  managed: "true",
  zone: "cn-bj-d",
  privateAddress: "192.168.0.77",
  performanceLevel: "small1",
  resourceGroupId: "RESG-1",
  layer4ClusterId: "lbdc-4",
  layer7ClusterId: "lbdc-7",
  deletionProtection: "true",
  tags: "team=网络,cost center=a/b",
  ipMode: "Proxy",
  listenerProtocols: "80=HTTP,443=HTTPS",
  certificateId: "cert-a1b2c3",
  forwardedHeaders: "true",
  tcpTimeout: "10",
  udpTimeout: "4000",
  udpHealthCheck: "ICMP",
  healthPath: "/healthz?full=1",
  healthHost: "web.example.com",
  healthStatus: "http_2xx",
  eipRouteType: "BGP_S",
  eipGroupId: "eg-a1b2c3",
  eipProtection: "true",
  keepEip: "true",
  ownListeners: "TCP/80,UDP/53",
  boundEip: "203.0.113.7",
};

/** For each annotation a value of each bad kind. */
export function BAD_VALUES(name: SettingName): Readonly<Record<string, string>> {
  const { schema } = ANNOTATIONS[name] as { readonly schema: Readonly<Record<string, unknown>> };
  const number = schema.description !== undefined;
  return {
    empty: "",
    "of a wrong type": number ? "3.5" : name === "healthString" ? "\u0007" : '{"a":[]}',
    "out of range": number ? "99999999" : "x".repeat(1301),
    "an unknown value": number ? "many" : name === "healthString" ? "é" : "=?",
    huge: "9".repeat(100_000),
    Unicode: "日本語🚀\u202e",
  };
}

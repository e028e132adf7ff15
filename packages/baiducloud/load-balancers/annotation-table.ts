import { type Annotation, flag, type Group, id, integer, oneOf, pairs, text } from "./annotation-kinds.ts";
import { OWN_ANNOTATIONS } from "./own-annotations.ts";

/** Of Baidu's former CCM and of CCE today. */
export const PREFIX = "service.beta.kubernetes.io/";
const LB = `${PREFIX}cce-load-balancer-`;
const EIP = `${PREFIX}cce-elastic-ip-`;

const about = (group: Group, key: string, en: string, zh: string, byDefault?: readonly [en: string, zh: string]) => ({
  group,
  key,
  effect: { en, zh },
  ...(byDefault ? { byDefault: { en: byDefault[0], zh: byDefault[1] } } : {}),
});
const NAME = /^[A-Za-z][A-Za-z0-9\-_/.]{0,64}$/;
const NAME_WORDS = {
  en: "1 to 65 characters: a letter, then letters, digits and `-_/.`",
  zh: "1 到 65 个字符：以字母开头，可含字母、数字和 `-_/.`",
};
const BALANCER = { en: "a load balancer ID", zh: "负载均衡实例 ID" };
/** What the former CCM (v1.0.14) put in the place of an id that it refused. */
export const REFUSED_ID = "error_blb_has_been_used";
const MONTHS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "12", "24", "36"] as const;
const LABEL_KEY = /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/**
 * All that annotations of a Service can say: the one source of the parser, docs/annotations.md, docs/annotations.zh.md and
 * docs/annotations.schema.json (scripts/annotation-docs.ts writes them).
 */
export const ANNOTATIONS = {
  internal: flag(
    about(
      "load-balancer",
      `${LB}internal-vpc`,
      "No public address: the Service's address is the load balancer's in the VPC. A public address made before is released; without the annotation a new one is made.",
      "不使用公网地址：Service 的地址是负载均衡实例在 VPC 内的地址。之前创建的公网地址会被释放；去掉该注解后会重新创建。",
    ),
  ),
  allocateVip: flag(
    about(
      "load-balancer",
      `${LB}allocate-vip`,
      "Handed to the cloud as `allocateVip`, for accounts that know it. When made.",
      "以 `allocateVip` 参数传给云端，仅对支持的账号有效。仅创建时。",
    ),
  ),
  subnetId: id(
    about(
      "load-balancer",
      `${LB}subnet-id`,
      "Subnet of a new load balancer, of type BCC. When made.",
      "新建负载均衡实例所在的子网，类型必须是 BCC。仅创建时。",
      [
        "`SubnetId` of the cloud config, else one of the nodes', else one reserved by CCE",
        "依次为：云配置的 `SubnetId`、节点所在子网、CCE 预留子网",
      ],
    ),
    "sbn",
    { en: "a subnet ID", zh: "子网 ID" },
  ),
  name: text(
    about("load-balancer", `${LB}lb-name`, "Name of the load balancer.", "负载均衡实例的名称。", [
      "`CCE/SVC/<cluster>/<namespace>/<name>`",
      "`CCE/SVC/<集群>/<命名空间>/<名称>`",
    ]),
    NAME,
    NAME_WORDS,
  ),
  existingId: text(
    about(
      "load-balancer",
      `${LB}exist-id`,
      "Use this load balancer, together with others if need be: only listeners of this Service are changed on it, and it stays when the Service goes. Several Services can share it with different ports.",
      "使用指定的负载均衡实例，可与他人共用：只会改动属于该 Service 的监听器，Service 删除后实例保留。多个 Service 可以用不同端口共用一个实例。",
    ),
    new RegExp(`^(lb-[A-Za-z0-9-]{1,60}|${REFUSED_ID})$`),
    { en: "a load balancer ID (`lb-…`)", zh: "负载均衡实例 ID（`lb-…`）" },
  ),
  id: id(
    about(
      "load-balancer",
      `${LB}id`,
      "The same, but when there is no such load balancer one is made. Written by the controller when it has made one, which then goes with the Service.",
      "同上，但实例不存在时会新建一个。控制器新建实例后会写入该注解，此时实例随 Service 一起删除。",
    ),
    "lb",
    BALANCER,
  ),
  reserve: flag(
    about(
      "load-balancer",
      `${LB}reserve-lb`,
      "Keep the load balancer when the Service goes, without listeners and backends.",
      "Service 删除后保留负载均衡实例，但清空监听器和后端。",
    ),
  ),
  scheduler: oneOf(
    about("listeners", `${LB}scheduler`, "How a backend is chosen.", "选择后端的算法。", [
      "`RoundRobin`, or `Hash` with `sessionAffinity: ClientIP`",
      "`RoundRobin`；设置 `sessionAffinity: ClientIP` 时为 `Hash`",
    ]),
    ["RoundRobin", "LeastConnection", "WeightLeastConn", "Hash"],
  ),
  healthTimeout: integer(
    about(
      "listeners",
      `${LB}health-check-timeout-in-second`,
      "Seconds that a backend may take to answer.",
      "健康检查超时时间（秒）。",
    ),
    1,
    60,
    3,
  ),
  healthInterval: integer(
    about("listeners", `${LB}health-check-interval`, "Seconds between two checks.", "健康检查间隔（秒）。"),
    1,
    10,
    3,
  ),
  unhealthyThreshold: integer(
    about(
      "listeners",
      `${LB}unhealthy-threshold`,
      "Failures in a row that make a backend unhealthy.",
      "连续失败多少次判定为不健康。",
    ),
    2,
    5,
    3,
  ),
  healthyThreshold: integer(
    about(
      "listeners",
      `${LB}healthy-threshold`,
      "Successes in a row that make it healthy again.",
      "连续成功多少次恢复为健康。",
    ),
    2,
    5,
    3,
  ),
  healthString: text(
    about("listeners", `${LB}health-check-string`, "What is sent to check a UDP port.", "UDP 健康检查发送的内容。", [
      "`HealthCheck`",
      "`HealthCheck`",
    ]),
    /^[\x20-\x7e]{1,1299}$/,
    {
      en: "1 to 1299 ASCII characters, others as `\\00` to `\\FF`",
      zh: "1 到 1299 个 ASCII 字符，其他写作 `\\00` 到 `\\FF`",
    },
    "HealthCheck",
  ),
  maxBackends: integer(
    about(
      "backends",
      `${LB}rs-max-num`,
      "At most so many backends, spread over the zones.",
      "后端数量上限，均匀分布到各可用区。",
    ),
    1,
    50,
    50,
  ),
  backendLabel: pairs(
    about(
      "backends",
      `${LB}backend-label`,
      "Only nodes with all of these labels are backends. Not with `externalTrafficPolicy: Local`.",
      "只有带有全部这些标签的节点才作为后端。不适用于 `externalTrafficPolicy: Local`。",
    ),
    LABEL_KEY,
    LABEL_VALUE,
    { en: "labels as `key=value,key=value`", zh: "标签，格式为 `key=value,key=value`" },
  ),
  eipName: text(
    about("address", `${EIP}name`, "Name of a new address. When made.", "新建公网地址的名称。仅创建时。", [
      "`CCE/SVC/<cluster>/<namespace>/<name>`",
      "`CCE/SVC/<集群>/<命名空间>/<名称>`",
    ]),
    NAME,
    NAME_WORDS,
  ),
  eipPayment: oneOf(
    about(
      "address",
      `${EIP}payment-timing`,
      "When made; a later change is told by an event and changes nothing. A prepaid address cannot be released before its term ends: it is unbound, and stays.",
      "仅创建时；之后的修改只产生事件，不会生效。预付费地址到期前无法释放：会被解绑并保留。",
      ["`Postpaid`", "`Postpaid`"],
    ),
    ["Prepaid", "Postpaid"],
  ),
  eipBilling: oneOf(
    about(
      "address",
      `${EIP}billing-method`,
      "When made; a later change is told by an event and changes nothing. Not for prepaid addresses.",
      "仅创建时；之后的修改只产生事件，不会生效。不适用于预付费地址。",
      ["`ByTraffic`", "`ByTraffic`"],
    ),
    ["ByTraffic", "ByBandwidth"],
  ),
  eipBandwidth: integer(
    about(
      "address",
      `${EIP}bandwidth-in-mbps`,
      "Changed in place; an address of today is only changed when this is set. The cloud may allow less (at most 200 or 500, depending on the billing): its message is in the event.",
      "可随时修改；未设置时不改变已有地址的带宽。云端的上限可能更低（视计费方式为 200 或 500）：事件中有云端的说明。",
      ["200, or that of the cloud config", "200，或云配置中的值"],
    ),
    1,
    1000,
  ),
  eipReservation: oneOf(
    about(
      "address",
      `${EIP}reservation-length`,
      "Months, for a prepaid address. When made.",
      "预付费时长（月）。仅创建时。",
      ["1", "1"],
    ),
    MONTHS,
  ),
  addedId: id(
    about("recorded", `${LB}cce-add-id`, "The load balancer in use.", "正在使用的负载均衡实例。"),
    "lb",
    BALANCER,
  ),
  addedEip: text(
    about("recorded", `${LB}cce-add-eip`, "The public address made for the Service.", "为该 Service 创建的公网地址。"),
    /^[0-9A-Fa-f:.]{2,45}$/,
    { en: "an IP address", zh: "IP 地址" },
  ),
  ...OWN_ANNOTATIONS,
} as const;

export type SettingName = keyof typeof ANNOTATIONS;

/** What the annotations of a Service say. "", 0 and {}: nothing. */
export type ServiceSettings = {
  readonly [K in SettingName]: (typeof ANNOTATIONS)[K] extends Annotation<infer T> ? T : never;
};

import { flag, type Group, id, integer, oneOf, pairs, text } from "./annotation-kinds.ts";

/** Ours, which no other controller reads: a prefix that no domain can claim. */
export const OWN_PREFIX = "cloud-provider-baiducloud/";

const about = (group: Group, key: string, en: string, zh: string, byDefault?: readonly [en: string, zh: string]) => ({
  group,
  key: `${OWN_PREFIX}${key}`,
  effect: { en, zh },
  ...(byDefault ? { byDefault: { en: byDefault[0], zh: byDefault[1] } } : {}),
});
const TAG_KEY = /^[\p{L}\p{N}\-_ /.]{1,65}$/u;
const TAG_VALUE = /^[\p{L}\p{N}\-_ /.]{0,65}$/u;
const CLUSTER = { en: "the ID of a dedicated cluster", zh: "专属集群 ID" };

/** What the products can do and no annotation of Baidu's says. */
export const OWN_ANNOTATIONS = {
  managed: flag(
    about(
      "load-balancer",
      "managed",
      "This controller makes the load balancer, where `ServiceSelection` of the cloud config leaves the others to somebody else.",
      "由本控制器创建负载均衡实例，用于云配置的 `ServiceSelection` 把其他 Service 交给别的控制器时。",
    ),
  ),
  zone: text(
    about(
      "load-balancer",
      "zone",
      "Zone of the subnet of a new load balancer. When made.",
      "新建实例的子网所在可用区。仅创建时。",
    ),
    /^[a-z0-9][a-z0-9-]{0,40}$/,
    { en: "a zone such as `cn-bj-d`", zh: "可用区，如 `cn-bj-d`" },
  ),
  privateAddress: text(
    about(
      "load-balancer",
      "private-address",
      "Address of a new load balancer in its subnet. When made.",
      "新建实例在子网内的地址。仅创建时。",
    ),
    /^\d{1,3}(\.\d{1,3}){3}$/,
    { en: "a free IPv4 address of the subnet", zh: "子网中空闲的 IPv4 地址" },
  ),
  performanceLevel: oneOf(
    about(
      "load-balancer",
      "performance-level",
      "Size of the load balancer; changed in place.",
      "实例规格，可随时修改。",
      ["shared", "共享型"],
    ),
    ["small1", "small2", "medium1", "medium2", "large1", "large2", "large3", "unlimited"],
  ),
  resourceGroupId: text(
    about(
      "load-balancer",
      "resource-group-id",
      "Resource group of a new load balancer and a new address. When made.",
      "新建实例和公网地址所属的资源分组。仅创建时。",
    ),
    /^[A-Za-z0-9_-]{1,64}$/,
    { en: "the ID of a resource group", zh: "资源分组 ID" },
  ),
  layer4ClusterId: text(
    about(
      "load-balancer",
      "layer4-cluster-id",
      "Dedicated cluster (LBDC) for TCP, UDP and SSL. When made.",
      "四层专属集群（LBDC）。仅创建时。",
    ),
    /^[A-Za-z0-9_-]{1,64}$/,
    CLUSTER,
  ),
  layer7ClusterId: text(
    about(
      "load-balancer",
      "layer7-cluster-id",
      "Dedicated cluster (LBDC) for HTTP and HTTPS. When made.",
      "七层专属集群（LBDC）。仅创建时。",
    ),
    /^[A-Za-z0-9_-]{1,64}$/,
    CLUSTER,
  ),
  deletionProtection: oneOf(
    about(
      "load-balancer",
      "deletion-protection",
      "`true`: nobody can delete the load balancer until the Service goes. Without the annotation it stays as it is, and one protected in the console is not deleted.",
      "`true`：在 Service 删除之前任何人都不能删除实例。未设置时保持原状，在控制台开启保护的实例不会被删除。",
    ),
    ["true", "false"],
  ),
  tags: pairs(
    about(
      "load-balancer",
      "tags",
      "Tags of the load balancer and the address made for the Service.",
      "为该 Service 创建的实例和公网地址的标签。",
    ),
    TAG_KEY,
    TAG_VALUE,
    {
      en: "tags as `key=value,key=value`: letters, digits and `-_ /.`, at most 65 each",
      zh: "标签，格式为 `key=value,key=value`：字母、数字和 `-_ /.`，各不超过 65 个字符",
    },
  ),
  ipMode: oneOf(
    about(
      "load-balancer",
      "ip-mode",
      "`Proxy`: traffic from inside the cluster passes the load balancer too.",
      "`Proxy`：集群内部的流量也经过负载均衡实例。",
      ["`VIP`, or `Proxy` when TLS or HTTP ends at the load balancer", "`VIP`；由实例终结 TLS 或 HTTP 时为 `Proxy`"],
    ),
    ["VIP", "Proxy"],
  ),
  listenerProtocols: pairs(
    about("listeners", "listener-protocols", "TCP ports that speak another protocol.", "使用其他协议的 TCP 端口。", [
      "`TCP`",
      "`TCP`",
    ]),
    /^([1-9]\d{0,4})$/,
    /^(HTTP|HTTPS|SSL|TCP)$/,
    {
      en: "ports with one of `TCP`, `HTTP`, `HTTPS`, `SSL`, as `80=HTTP,443=HTTPS`",
      zh: "端口与 `TCP`、`HTTP`、`HTTPS`、`SSL` 之一，如 `80=HTTP,443=HTTPS`",
    },
  ),
  certificateId: id(
    about("listeners", "certificate-id", "Certificate of HTTPS and SSL ports.", "HTTPS 和 SSL 端口的证书。"),
    "cert",
    { en: "a certificate ID", zh: "证书 ID" },
  ),
  forwardedHeaders: flag(
    about(
      "listeners",
      "forwarded-headers",
      "HTTP and HTTPS: pass the client's address and protocol in `X-Forwarded-For` and `X-Forwarded-Proto`.",
      "HTTP 和 HTTPS：通过 `X-Forwarded-For` 和 `X-Forwarded-Proto` 传递客户端地址和协议。",
    ),
  ),
  tcpTimeout: integer(
    about(
      "listeners",
      "tcp-session-timeout",
      "Seconds until an idle TCP connection is cut.",
      "TCP 空闲连接超时（秒）。",
      ["the cloud's, 900", "云端默认，900"],
    ),
    10,
    4000,
  ),
  udpTimeout: integer(
    about(
      "listeners",
      "udp-session-timeout",
      "Seconds until an idle UDP session is forgotten.",
      "UDP 会话超时（秒）。",
      ["the cloud's, 90", "云端默认，90"],
    ),
    5,
    4000,
  ),
  udpHealthCheck: oneOf(
    about("listeners", "udp-health-check", "How UDP ports are checked.", "UDP 端口的健康检查方式。", [
      "`UDP`",
      "`UDP`",
    ]),
    ["UDP", "ICMP"],
  ),
  healthPath: text(
    about(
      "listeners",
      "health-check-path",
      "HTTP and HTTPS: the path that is asked.",
      "HTTP 和 HTTPS：健康检查路径。",
      ["`/`", "`/`"],
    ),
    /^\/[\x21-\x7e]{0,254}$/,
    { en: "a path that begins with `/`", zh: "以 `/` 开头的路径" },
  ),
  healthHost: text(
    about(
      "listeners",
      "health-check-host",
      "HTTP and HTTPS: the host name that is asked for.",
      "HTTP 和 HTTPS：健康检查的主机名。",
    ),
    /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    { en: "a host name", zh: "主机名" },
  ),
  healthStatus: text(
    about(
      "listeners",
      "health-check-status",
      "HTTP and HTTPS: answers of a healthy backend.",
      "HTTP 和 HTTPS：表示健康的状态码。",
      ["`http_2xx|http_3xx`", "`http_2xx|http_3xx`"],
    ),
    /^http_[1-5]xx(\|http_[1-5]xx){0,4}$/,
    { en: "such as `http_2xx|http_3xx`", zh: "如 `http_2xx|http_3xx`" },
  ),
  eipRouteType: oneOf(
    about("address", "eip-route-type", "Kind of a new address. When made.", "新建公网地址的线路类型。仅创建时。", [
      "`BGP`",
      "`BGP`",
    ]),
    ["BGP", "BGP_S"],
  ),
  eipGroupId: id(
    about(
      "address",
      "eip-bandwidth-group-id",
      "Shared bandwidth group that the address made for the Service is in.",
      "为该 Service 创建的公网地址所加入的共享带宽。",
    ),
    "eg",
    { en: "the ID of a shared bandwidth group", zh: "共享带宽 ID" },
  ),
  eipProtection: oneOf(
    about(
      "address",
      "eip-deletion-protection",
      "`true`: nobody can release the address until the Service goes. Without the annotation it stays as it is.",
      "`true`：在 Service 删除之前任何人都不能释放该地址。未设置时保持原状。",
    ),
    ["true", "false"],
  ),
  keepEip: flag(
    about(
      "address",
      "keep-eip",
      "Keep the address made for the Service when the Service goes.",
      "Service 删除后保留为其创建的公网地址。",
    ),
  ),
  ownListeners: text(
    about(
      "recorded",
      "listeners",
      "Listeners of the Service on a load balancer that it shares.",
      "该 Service 在共用实例上的监听器。",
    ),
    /^(TCP|UDP|HTTP|HTTPS|SSL)\/\d{1,5}(,(TCP|UDP|HTTP|HTTPS|SSL)\/\d{1,5}){0,99}$/,
    { en: "as `TCP/80,UDP/53`", zh: "如 `TCP/80,UDP/53`" },
  ),
  boundEip: text(
    about(
      "recorded",
      "bound-eip",
      "The address of `spec.loadBalancerIP` that was bound, to be unbound when it is no longer named.",
      "已绑定的 `spec.loadBalancerIP` 地址，不再指定时会被解绑。",
    ),
    /^[0-9A-Fa-f:.]{2,45}$/,
    { en: "an IP address", zh: "IP 地址" },
  ),
} as const;

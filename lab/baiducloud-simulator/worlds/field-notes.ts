/** What the fields of a world's file mean, in English and in Chinese: for the reference page and the JSON Schema. */
export type Note = readonly [english: string, chinese: string];

const ID: Note = [
  "its id; default: a new one. An export has the ids of all, so that they are the same again",
  "对象的 id；默认新生成。导出的文件带有全部 id，因此再次导入后 id 不变",
];
const NAME: Note = ["its name, by which others of the file refer to it", "名称，文件里的其他对象用它来引用"];
const DESCRIPTION: Note = ["a text of yours", "说明文字"];
const TAGS: Note = ["a list of {tagKey, tagValue}", "标签：由 {tagKey, tagValue} 组成的列表"];
const IPV6: Note = ["true: it has IPv6 as well", "true：同时启用 IPv6"];
const GROUPS: Note = [
  "names of security groups of the VPC; default: the VPC's default group",
  "VPC 内安全组的名称；默认使用 VPC 的默认安全组",
];

export const NOTES: Readonly<Record<string, Readonly<Record<string, Note>>>> = {
  accounts: {
    id: ["name of the account; the first one is the one of the ready line", "账户名；就绪那一行打印的是第一个账户"],
    credentials: [
      "its keys {accessKeyId, secretAccessKey}; default: new ones. No export has them",
      "密钥 {accessKeyId, secretAccessKey}；默认新生成。导出的文件不含密钥",
    ],
    quotas: ["those that differ from the cloud's; see below", "与默认值不同的配额，见下文"],
    regions: [
      "what it has; a region that is not named gets a default VPC when a client first calls it",
      "账户在各地域的资源；没有写出的地域在客户端第一次调用时得到一个默认 VPC",
    ],
  },
  regions: {
    name: ["short name of the region", "地域的短名称"],
    vpcs: ["its networks; none: the region is empty", "网络；不写则该地域为空"],
    eips: ["its public addresses", "公网 IP"],
  },
  vpcs: {
    id: ID,
    name: ["its name", "名称"],
    cidr: ["in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", "位于 10.0.0.0/8、172.16.0.0/12 或 192.168.0.0/16 之内"],
    default: ["true: it is the account's default VPC", "true：账户的默认 VPC"],
    ipv6: IPV6,
    secondaryCidrs: ["more ranges", "辅助网段"],
    description: DESCRIPTION,
    tags: TAGS,
    subnets: ["its subnets", "子网"],
    securityGroups: [
      'its security groups; one is always there: "default", which lets everything out and, where it is named here with rules, has these',
      "安全组；总有一个名为 “default” 的安全组，放行所有出方向流量；若在此写出并带规则，则以这些规则为准",
    ],
    loadBalancers: ["its load balancers (BLB)", "负载均衡（BLB）"],
    routes: ["routes of its main route table, beside the cloud's own", "主路由表中除系统路由之外的路由"],
  },
  subnets: {
    id: ID,
    name: NAME,
    zone: ["such as cn-bj-a", "可用区，例如 cn-bj-a"],
    cidr: ["inside a range of the VPC", "位于 VPC 的网段之内"],
    type: ["default: BCC", "默认 BCC"],
    ipv6: IPV6,
    description: DESCRIPTION,
    tags: TAGS,
    instances: ["the machines in it", "其中的机器"],
  },
  instances: {
    id: ID,
    name: NAME,
    count: ["makes so many: name-1, name-2, …", "一次生成多台：name-1、name-2……"],
    product: ["default: bcc", "默认 bcc"],
    spec: [
      "the flavour; default: bcc.g5.c2m8, BBC-G4-PDDAS or llama2_7B_train",
      "规格；默认 bcc.g5.c2m8、BBC-G4-PDDAS 或 llama2_7B_train",
    ],
    hostname: ["default: the name", "默认与名称相同"],
    internalIp: ["in the subnet; default: the next free one", "子网内的私网地址；默认取下一个空闲地址"],
    host: [
      "where its ports really are, for the traffic of load balancers: 127.0.0.1",
      "机器端口的真实所在，供负载均衡转发：例如 127.0.0.1",
    ],
    ipv6: IPV6,
    status: ["default: Running", "默认 Running"],
    inCluster: ["false: CCE does not count it among its nodes; default: true", "false：CCE 不把它计入节点；默认 true"],
    securityGroups: GROUPS,
    description: DESCRIPTION,
    tags: TAGS,
  },
  securityGroups: {
    id: ID,
    name: NAME,
    description: DESCRIPTION,
    tags: TAGS,
    rules: ["what it lets in and out", "放行规则"],
  },
  rules: {
    direction: ["the way of the traffic", "方向"],
    protocol: ["default: all", "默认 all"],
    portRange: ['"80" or "30000-32767"; default: all ports', "“80” 或 “30000-32767”；默认所有端口"],
    ethertype: ["default: IPv4", "默认 IPv4"],
    sourceIp: ["an address, a CIDR or all", "地址、CIDR 或 all"],
    sourceGroup: ["name of a security group of the VPC", "VPC 内安全组的名称"],
    destIp: ["an address, a CIDR or all", "地址、CIDR 或 all"],
    destGroup: ["name of a security group of the VPC", "VPC 内安全组的名称"],
    remark: DESCRIPTION,
  },
  loadBalancers: {
    id: ID,
    name: ["default: made from its id", "默认由 id 生成"],
    subnet: ["name of a subnet of the VPC", "VPC 内子网的名称"],
    address: ["its private address; default: the next free one", "私网地址；默认取下一个空闲地址"],
    ipVersion: ["default: ipv4; dual: both", "默认 ipv4；dual 为双栈"],
    description: DESCRIPTION,
    performanceLevel: ["default: a shared one", "默认共享型"],
    allowDelete: ["false: it is protected against deletion", "false：开启删除保护"],
    securityGroups: ["names of security groups of the VPC; default: none", "VPC 内安全组的名称；默认没有"],
    tags: TAGS,
    listeners: ["its listeners", "监听器"],
    backends: ["the machines behind it, of all its listeners", "后端机器，所有监听器共用"],
  },
  listeners: {
    protocol: ["of the listener", "协议"],
    port: ["at which it listens", "监听端口"],
    backendPort: ["default: the port", "默认与监听端口相同"],
    scheduler: ["default: RoundRobin", "默认 RoundRobin"],
  },
  backends: {
    instance: ["name of an instance of the VPC", "VPC 内机器的名称"],
    weight: ["default: 100; 0 drains it", "默认 100；0 表示摘流"],
    description: DESCRIPTION,
    privateIp: ["one of the machine's addresses; default: its first", "机器的某个地址；默认第一个"],
  },
  routes: {
    destination: ["a CIDR outside the VPC", "目的网段，位于 VPC 之外"],
    source: ["default: 0.0.0.0/0", "默认 0.0.0.0/0"],
    nextHop: [
      "of the type custom the name of an instance of the VPC, of others an id, which is taken as it is",
      "类型为 custom 时是 VPC 内机器的名称，其他类型是 id，原样采用",
    ],
    nextHopType: ["default: custom", "默认 custom"],
    description: DESCRIPTION,
  },
  eips: {
    id: ID,
    name: ["default: made from its address", "默认由地址生成"],
    address: ["default: the next one of the pool", "默认取地址池中的下一个"],
    ipVersion: ["default: ipv4", "默认 ipv4"],
    bandwidthInMbps: ["default: 1", "默认 1"],
    billingMethod: ["default: ByTraffic", "默认 ByTraffic"],
    routeType: ["default: BGP", "默认 BGP"],
    deleteProtect: ["true: it is protected against release", "true：开启释放保护"],
    boundTo: ["name of an instance or a load balancer of the region", "同一地域内机器或负载均衡的名称"],
    tags: TAGS,
  },
};

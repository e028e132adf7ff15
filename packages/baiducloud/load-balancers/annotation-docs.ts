import type { Annotation, Group, Words } from "./annotation-kinds.ts";
import { ANNOTATIONS, PREFIX } from "./annotation-table.ts";
import { OWN_PREFIX } from "./own-annotations.ts";

type Language = keyof Words;

const ALL: readonly Annotation<unknown>[] = Object.values(ANNOTATIONS);

const GROUPS: Readonly<Record<Group, Words>> = {
  "load-balancer": { en: "Load balancer", zh: "负载均衡实例" },
  listeners: { en: "Listeners", zh: "监听器" },
  backends: { en: "Backends", zh: "后端" },
  address: { en: "Public address (EIP)", zh: "公网地址（EIP）" },
  recorded: { en: "Written by the controller", zh: "由控制器写入" },
};

/** On a Node: read by other parts, told here so that there is one page. */
const ON_NODES: readonly { readonly key: string; readonly values: Words; readonly effect: Words }[] = [
  {
    key: "node.alpha.kubernetes.io/advertise-route",
    values: { en: "`true`, `false` (`true`)", zh: "`true`、`false`（`true`）" },
    effect: { en: "`false`: no route to the Node's Pods.", zh: "`false`：不为该节点的 Pod 创建路由。" },
  },
  {
    key: `${OWN_PREFIX}backend-weight`,
    values: { en: "a whole number from 0 to 100 (100)", zh: "0 到 100 的整数（100）" },
    effect: {
      en: "Share of the traffic of a load balancer that the Node gets; 0: no new traffic. Ours.",
      zh: "该节点作为后端的权重；0 表示不接收新流量。本项目自有。",
    },
  },
];

const TEXT = {
  title: { en: "Annotations of a Service", zh: "Service 注解" },
  other: { en: "[中文](annotations.zh.md)", zh: "[English](annotations.md)" },
  intro: {
    en: `What the annotations of a Service of type LoadBalancer can say. This page is generated from the table that the
controller reads them by (\`scripts/annotation-docs.ts\`); [annotations.schema.json](annotations.schema.json) is the
same as a JSON Schema of \`metadata.annotations\`. All are read on every change of the Service, unless "when made" is
said. A value that is not allowed becomes a Warning event \`InvalidAnnotation\` that names key, value and what is allowed;
the default is used, the rest of the Service is served, and the Service can be deleted. A key that nobody knows becomes
an event \`UnknownAnnotation\` with the nearest known one.

Keys that begin with \`${PREFIX}\` are those of Baidu's former cloud controller manager and
of CCE, with their values and defaults. Keys that begin with \`${OWN_PREFIX}\` are ours: no other controller
knows them.`,
    zh: `LoadBalancer 类型的 Service 可以使用的注解。本页由控制器解析注解所用的表生成（\`scripts/annotation-docs.ts\`）；
[annotations.schema.json](annotations.schema.json) 是 \`metadata.annotations\` 的 JSON Schema，内容相同。
除注明“仅创建时”的以外，每次 Service 变化都会重新读取。取值不合法时，会产生一条 Warning 事件 \`InvalidAnnotation\`，写明键、值和允许的取值；
此时使用默认值，Service 的其余部分照常生效，并且 Service 始终可以删除。未知的键会产生事件 \`UnknownAnnotation\`，并给出最接近的已知键。

以 \`${PREFIX}\` 开头的键与百度此前的云控制器管理器和 CCE 保持一致，包括取值和默认值。
以 \`${OWN_PREFIX}\` 开头的键为本项目自有，其他控制器不识别。`,
  },
  columns: { en: ["key", "values", "default", "effect"], zh: ["键", "取值", "默认值", "作用"] },
  compatible: { en: "Compatible", zh: "兼容" },
  own: { en: "Ours", zh: "自有" },
  given: {
    en: `The field \`spec.loadBalancerIP\` names an address of your own: it is bound, unbound when the Service goes, and never
released. \`spec.loadBalancerSourceRanges\` becomes a security group of the load balancer made for the Service; on one
that is shared it cannot be had, and an event says so. With \`externalTrafficPolicy: Local\` the backends are the nodes that
have a Pod of the Service; HTTP and HTTPS listeners ask \`healthCheckNodePort\`.`,
    zh: `字段 \`spec.loadBalancerIP\` 指定您自己的地址：会被绑定，Service 删除时解绑，永不释放。
\`spec.loadBalancerSourceRanges\` 会成为实例的安全组；在共用的实例上无法生效，会有事件说明。
设置 \`externalTrafficPolicy: Local\` 时，后端是运行该 Service 的 Pod 的节点；HTTP 和 HTTPS 监听器检查 \`healthCheckNodePort\`。`,
  },
  nodes: { en: "Nodes", zh: "节点" },
  nodeColumns: { en: ["key on a Node", "values (default)", "effect"], zh: ["节点上的键", "取值（默认值）", "作用"] },
  seeIt: { en: "See it", zh: "动手试试" },
} as const;

const SEE_IT = `\`\`\`
npm start                                                  # in one terminal
kubectl annotate service nginx --overwrite \\
  service.beta.kubernetes.io/cce-load-balancer-scheduler=Fastest
kubectl get events --field-selector reason=InvalidAnnotation
\`\`\``;

/** docs/annotations.md, or docs/annotations.zh.md. */
export function annotationPage(language: Language): string {
  const groups = (Object.keys(GROUPS) as readonly Group[]).map((group) => {
    const here = ALL.filter((annotation) => annotation.group === group);
    const rows = (own: boolean) =>
      here
        .filter(({ key }) => key.startsWith(OWN_PREFIX) === own)
        .map(({ key, allowed, byDefault, effect }) => [
          `\`${own ? key : key.slice(PREFIX.length)}\``,
          allowed[language],
          byDefault?.[language] ?? "–",
          effect[language],
        ]);
    const tables = [false, true].map((own) => table(TEXT.columns[language], rows(own)));
    return [`## ${GROUPS[group][language]}`, ...tables.filter((text) => text !== "")].join("\n\n");
  });
  const nodes = table(
    TEXT.nodeColumns[language],
    ON_NODES.map(({ key, values, effect }) => [`\`${key}\``, values[language], effect[language]]),
  );
  const prefix = {
    en: `In the tables, a key without a prefix begins with \`${PREFIX}\`.`,
    zh: `表中没有前缀的键以 \`${PREFIX}\` 开头。`,
  }[language];
  return `${[
    `# ${TEXT.title[language]}`,
    TEXT.other[language],
    TEXT.intro[language],
    prefix,
    ...groups,
    TEXT.given[language],
    `## ${TEXT.nodes[language]}`,
    nodes,
    `## ${TEXT.seeIt[language]}`,
    SEE_IT,
  ].join("\n\n")}\n`;
}

/** docs/annotations.schema.json: of metadata.annotations. Keys of others are allowed, unknown ones of ours are not. */
export function annotationSchema(): string {
  const properties = Object.fromEntries(
    ALL.map(({ key, effect, schema }) => [key, { type: "string", title: effect.en, ...schema }]),
  );
  const unknown = `^(${PREFIX.replaceAll(".", "\\.")}cce-|${OWN_PREFIX})`;
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Annotations of a Service that cloud-provider-baiducloud reads",
    type: "object",
    properties,
    propertyNames: { anyOf: [{ enum: ALL.map(({ key }) => key) }, { not: { pattern: unknown } }] },
    additionalProperties: { type: "string" },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

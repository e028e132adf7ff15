/** The products that this package calls. VPC is served by the host of BCC, unless told otherwise. */
export const PRODUCTS = [
  "bcc",
  "vpc",
  "blb",
  "eip",
  "cce",
  "ccr",
  "bbc",
  "hpas",
  "sts",
  "iam",
  "tag",
  "quota",
] as const;

export type ProductName = (typeof PRODUCTS)[number];

export interface EndpointOptions {
  /** Such as "bj". A private cloud has names of its own. */
  readonly region: string;
  /** `scheme://host[:port]` by product. */
  readonly endpoints?: Partial<Readonly<Record<ProductName, string>>>;
  /** For products without an entry, `{service}` and `{region}` replaced: "https://{service}.{region}.cloud.example". */
  readonly endpointTemplate?: string;
}

/** One for all regions. */
const GLOBAL: Partial<Readonly<Record<ProductName, string>>> = {
  sts: "https://sts.bj.baidubce.com",
  iam: "https://iam.bj.baidubce.com",
  tag: "https://tag.baidubce.com",
  quota: "https://quota-center.baidubce.com",
};
/** Whose host a product has where that has one of its own, as in a private cloud or a test. */
const SAME_HOST: Partial<Readonly<Record<ProductName, ProductName>>> = {
  vpc: "bcc",
  tag: "blb",
  quota: "blb",
  bbc: "bcc",
  hpas: "bcc",
};

/** Throws a TypeError for an endpoint that is not `scheme://host[:port]`. */
export function endpointOf(product: ProductName, options: EndpointOptions): string {
  const { region, endpoints = {}, endpointTemplate } = options;
  const host = product === "vpc" ? "bcc" : product;
  const fallback = endpointTemplate
    ? endpointTemplate.replaceAll("{service}", host).replaceAll("{region}", region)
    : (GLOBAL[product] ?? `https://${host}.${region}.baidubce.com`);
  const neighbour = product === "vpc" || !endpointTemplate ? SAME_HOST[product] : undefined;
  const given = endpoints[product] ?? (neighbour && endpoints[neighbour]) ?? fallback;
  const url = given.replace(/\/+$/, "");
  // A path would be sent but not signed, a user name would end up in error messages.
  if (!/^https?:\/\/[^/?#@\s]+$/i.test(url)) {
    throw new TypeError(`endpoint of ${product}: expected scheme://host[:port] and nothing else`);
  }
  return url;
}

/** The personal edition of CCR has one host for all regions, unless CCR was given one. */
export function personalRegistryEndpoint(options: EndpointOptions): string {
  const regional = endpointOf("ccr", options);
  return regional === `https://ccr.${options.region}.baidubce.com` ? "https://ccr.baidubce.com" : regional;
}

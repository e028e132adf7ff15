import type { Cloud } from "./cloud.ts";

/** Names that the Terraform provider gives to the products, and those of ours that answer them. */
const TERRAFORM: readonly (readonly [theirs: string, ours: string])[] = [
  ["bcc", "bcc"],
  ["vpc", "vpc"],
  ["esg", "vpc"],
  ["eni", "vpc"],
  ["eip", "eip"],
  ["blb", "blb"],
  ["appblb", "appblb"],
  ["cce", "cce"],
  ["ccev2", "cce"],
  ["iam", "iam"],
  ["bbc", "bbc"],
  ["hpas", "hpas"],
];
const OWN = ["bcc", "vpc", "blb", "eip", "cce", "bbc", "hpas", "sts", "tag"];

/** How clients that know the cloud's own host names are led to the simulator, ready to be pasted. */
export function endpointOverrides({ endpoints, simulator }: Pick<Cloud, "endpoints" | "simulator">): string {
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const of = (name: string) => endpoints[name] ?? "";
  // The provider and the SDK for Go take what is before :// as the protocol.
  const terraform = TERRAFORM.filter(([, ours]) => of(ours)).map(([theirs, ours]) => `    ${theirs} = "${of(ours)}"`);
  const own = Object.fromEntries(OWN.filter(of).map((name) => [name, of(name)]));
  return `${[
    "# Python SDK",
    "from baidubce.auth.bce_credentials import BceCredentials",
    "from baidubce.bce_client_configuration import BceClientConfiguration",
    `credentials = BceCredentials("${accessKeyId}", "${secretAccessKey}")`,
    `config = BceClientConfiguration(credentials=credentials, endpoint="${of("blb")}")  # of BLB`,
    "",
    "// Go SDK",
    `client, err := blb.NewClient("${accessKeyId}", "${secretAccessKey}", "${of("blb")}")`,
    "",
    "# Terraform",
    'provider "baiducloud" {',
    `  access_key = "${accessKeyId}"`,
    `  secret_key = "${secretAccessKey}"`,
    `  region     = "${simulator.region}"`,
    "  endpoints {",
    ...terraform,
    "  }",
    "}",
    "",
    "# Cloud config of the cloud controller manager",
    JSON.stringify({
      Region: simulator.region,
      VpcId: simulator.vpcId,
      AccessKeyID: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Endpoints: own,
    }),
    "",
    "# Endpoints",
    ...Object.entries(endpoints).map(([name, url]) => `${name} ${url}`),
  ].join("\n")}\n`;
}

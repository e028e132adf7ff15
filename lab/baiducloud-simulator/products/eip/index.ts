import type { Product } from "../../api/operation.ts";
import { addresses } from "./addresses.ts";
import { clusters } from "./clusters.ts";
import { groups } from "./groups.ts";
import { bandwidthPackages } from "./packages.ts";
import { payment } from "./payment.ts";
import { recycleBin } from "./recycle.ts";
import { trafficPackages } from "./traffic-packages.ts";

export const EIP: Product = {
  name: "eip",
  title: "EIP: public addresses",
  hosts: ["eip"],
  parts: [addresses, payment, recycleBin, groups, bandwidthPackages, trafficPackages, clusters],
};

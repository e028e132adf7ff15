import type { Product } from "../../api/operation.ts";
import { addresses } from "./addresses.ts";
import { groups } from "./groups.ts";

export const EIP: Product = { name: "eip", title: "EIP: public addresses", hosts: ["eip"], parts: [addresses, groups] };

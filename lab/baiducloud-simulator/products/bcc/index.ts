import type { Product } from "../../api/operation.ts";
import { instances } from "./instances.ts";

export const BCC: Product = { name: "bcc", title: "BCC: cloud servers", hosts: ["bcc"], parts: [instances] };

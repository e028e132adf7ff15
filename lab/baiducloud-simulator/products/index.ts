import type { Product } from "../api/operation.ts";
import { APPBLB } from "./appblb/index.ts";
import { BBC } from "./bbc/index.ts";
import { BCC } from "./bcc/index.ts";
import { BEC } from "./bec/index.ts";
import { BLB } from "./blb/index.ts";
import { CCE } from "./cce/index.ts";
import { CCR, IMAGE_REPOSITORY } from "./ccr/index.ts";
import { CERTIFICATE } from "./certificate/index.ts";
import { CNAP } from "./cnap/index.ts";
import { EIP } from "./eip/index.ts";
import { HPAS } from "./hpas/index.ts";
import { IAM } from "./iam/index.ts";
import { QUOTA } from "./quota/index.ts";
import { RESOURCE_MANAGER } from "./resource-manager/index.ts";
import { STS } from "./sts/index.ts";
import { TAG } from "./tag/index.ts";
import { VPC } from "./vpc/index.ts";

/** All products. Where two have the same method, path and action, the first answers on the port that all share. */
export const PRODUCTS: readonly Product[] = [
  BCC,
  VPC,
  BLB,
  APPBLB,
  EIP,
  CCE,
  IMAGE_REPOSITORY,
  BBC,
  HPAS,
  TAG,
  QUOTA,
  CERTIFICATE,
  RESOURCE_MANAGER,
  STS,
  IAM,
  CCR,
  CNAP,
  BEC,
];

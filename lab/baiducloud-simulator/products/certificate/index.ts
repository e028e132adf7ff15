import { ANY_TEXT } from "../../api/common.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { type Certificate, certificatesOf, readCertificate, usersOf } from "./records.ts";

const PATH = "/v1/certificate/{certId}";
const NAME = text({ max: 65 });
const DATA = object({
  certName: NAME,
  certServerData: text(),
  certPrivateData: ANY_TEXT,
  certLinkData: ANY_TEXT,
  certType: optional(integer(0, 2)),
});
const META = {
  certId: text(),
  certName: text(),
  certCommonName: ANY_TEXT,
  certFingerprint: text(),
  certStartTime: text(),
  certStopTime: text(),
  certCreateTime: text(),
  certUpdateTime: text(),
  certType: integer(),
};
const DETAIL = object({
  ...META,
  certDNSNames: ANY_TEXT,
  resources: list(object({ serviceName: text(), resourceId: text(), createTime: text(), updateTime: text() })),
  status: text(),
  expired: boolean(),
});

const OPERATIONS = operations({
  CreateCert: {
    summary: "Uploads a certificate with its key, or that of an authority for clients.",
    method: "POST",
    path: "/v1/certificate",
    body: DATA,
    answer: object({ certName: text(), certId: text() }),
  },
  ListCerts: {
    summary: "All certificates.",
    method: "GET",
    path: "/v1/certificate",
    answer: object({ certs: list(object(META)) }),
  },
  ListCertDetail: {
    summary: "All certificates with what uses them.",
    method: "GET",
    path: "/v1/certificate/detail",
    answer: object({ certs: list(DETAIL) }),
  },
  GetCertMeta: {
    summary: "One certificate.",
    method: "GET",
    path: PATH,
    answer: object(META),
    errors: ["NoSuchObject"],
  },
  GetCertDetail: {
    summary: "One certificate with what uses it.",
    method: "GET",
    path: "/v1/certificate/{certId}/detail",
    answer: DETAIL,
    errors: ["NoSuchObject"],
  },
  UpdateCertName: {
    summary: "Renames a certificate.",
    method: "PUT",
    path: PATH,
    when: "certName",
    body: object({ certName: NAME }),
    errors: ["NoSuchObject"],
  },
  UpdateCertData: {
    summary: "Puts another certificate in its place; what uses it uses the new one.",
    method: "PUT",
    path: PATH,
    when: "certData",
    body: DATA,
    errors: ["NoSuchObject"],
  },
  DeleteCert: {
    summary: "Deletes a certificate that no listener uses.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** Certificates of load balancers. */
const certificates = part(OPERATIONS, (account) => {
  const all = certificatesOf(account);
  const get = (id: string): Certificate => {
    const found = all.get(id);
    if (!found) throw noSuchObject(id);
    return found;
  };
  const meta = ({ pem: _, key: __, certDNSNames: ___, ...shown }: Certificate) => shown;
  const detail = (certificate: Certificate) => {
    const expired = Date.parse(certificate.certStopTime) <= account.clock.now();
    return {
      ...meta(certificate),
      certDNSNames: certificate.certDNSNames,
      resources: usersOf(account, certificate.certId).map(({ blbId, time }) => ({
        serviceName: "BLB",
        resourceId: blbId,
        createTime: time,
        updateTime: time,
      })),
      status: expired ? "expired" : "normal",
      expired,
    };
  };
  return {
    CreateCert({ body: { certName, ...data } }) {
      const read = readCertificate(data);
      const certId = account.newId("cert");
      const now = account.time();
      all.set(certId, { certId, certName, ...read, certCreateTime: now, certUpdateTime: now });
      return { certName, certId };
    },
    ListCerts: () => ({ certs: all.all().map(meta) }),
    ListCertDetail: () => ({ certs: all.all().map(detail) }),
    GetCertMeta: ({ params }) => meta(get(params.certId)),
    GetCertDetail: ({ params }) => detail(get(params.certId)),
    UpdateCertName({ params, body }) {
      all.patch(get(params.certId).certId, { certName: body.certName, certUpdateTime: account.time() });
      return {};
    },
    UpdateCertData({ params, body: { certName, ...data } }) {
      const { certId } = get(params.certId);
      all.patch(certId, { certName, ...readCertificate(data), certUpdateTime: account.time() });
      account.changed();
      return {};
    },
    DeleteCert({ params }) {
      const { certId } = get(params.certId);
      const [user] = usersOf(account, certId);
      if (user) throw denied(`certificate ${certId} is used by ${user.blbId}.`);
      all.delete(certId);
      return {};
    },
  };
});

export const CERTIFICATE: Product = {
  name: "certificate",
  title: "Certificates",
  hosts: ["certificate"],
  parts: [certificates],
};

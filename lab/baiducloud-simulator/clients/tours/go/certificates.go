package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/baidubce/bce-sdk-go/services/cert"
)

func tourCertificates() {
	client, err := cert.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("certificate"))
	must(err)
	certificate, key := selfSigned("tour.example")
	args := &cert.CreateCertArgs{CertName: "tour", CertServerData: certificate, CertPrivateData: key, CertType: 1}
	made := ok(client.CreateCert(args))
	equal("name", made.CertName, "tour")
	id := made.CertId
	shown := ok(client.GetCertMeta(id))
	equal("name", shown.CertName, "tour")
	equal("common name", shown.CertCommonName, "tour.example")
	equal("type, as a number", shown.CertType, 1)
	that("times", isTime(shown.CertStartTime) && isTime(shown.CertStopTime) && isTime(shown.CertCreateTime))
	detail := ok(client.GetCertDetail(id))
	equal("names", detail.CertDNSNames, "tour.example")
	equal("it has ended", detail.Expired, false)
	equal("where it is used", len(detail.Resources), 0)
	equal("fingerprint", detail.CertFingerprint, shown.CertFingerprint)

	done(client.UpdateCertName(id, &cert.UpdateCertNameArgs{CertName: "renamed"}))
	equal("name after rename", ok(client.GetCertMeta(id)).CertName, "renamed")
	other, otherKey := selfSigned("other.example")
	done(client.UpdateCertData(id, &cert.UpdateCertDataArgs{CertName: "renewed", CertServerData: other, CertPrivateData: otherKey, CertType: 1}))
	renewed := ok(client.GetCertDetail(id))
	equal("common name after renewal", renewed.CertCommonName, "other.example")
	that("another fingerprint", renewed.CertFingerprint != detail.CertFingerprint)
	second := ok(client.CreateCert(&cert.CreateCertArgs{CertName: "second", CertServerData: certificate, CertPrivateData: key})).CertId
	ids := idsOf(ok(client.ListCerts()).Certs, func(one cert.CertificateMeta) string { return one.CertId })
	that("both are listed", contains(ids, id) && contains(ids, second))
	equal("listed with their details", len(ok(client.ListCertDetail()).Certs), len(ids))

	bad := &cert.CreateCertArgs{CertName: "bad", CertServerData: "no certificate", CertPrivateData: key}
	refused(refusal(client.CreateCert(bad)), 400, "BadRequest")
	for _, one := range []string{id, second} {
		done(client.DeleteCert(one))
	}
	refused(client.DeleteCert(id), 404, "NoSuchObject")
	refused(refusal(client.GetCertMeta(id)), 404, "NoSuchObject")
}

// selfSigned is a certificate for one name and its key, as PEM.
func selfSigned(name string) (certificate, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	must(err)
	return encodePem("CERTIFICATE", der), encodePem("PRIVATE KEY", secret)
}

func encodePem(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

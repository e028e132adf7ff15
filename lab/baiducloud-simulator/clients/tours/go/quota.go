package main

import "github.com/baidubce/bce-sdk-go/services/quotacenter"

func tourQuota() {
	client, err := quotacenter.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("quota-center"))
	must(err)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListProducts(&quotacenter.ProductQueryArgs{Marker: marker, MaxKeys: 1000}))
		return idsOf(page.Result, func(one quotacenter.ProductModel) string { return one.ServiceType }), page.NextMarker, page.IsTruncated
	}
	services := paged("products", 1, list)
	that("EIP has quotas", contains(services, "EIP"))
	query := &quotacenter.QuotaCenterQueryArgs{Type: "QUOTA", ServiceType: "EIP", Region: env.Region}
	quotas := ok(client.QuotaCenterQuery(query)).Result
	that("a quota, with how much is used", len(quotas) > 0 && quotas[0].Value != "" && quotas[0].Used != "")
	that("definitions", len(ok(client.InfoQuery(&quotacenter.InfoQueryArgs{ServiceType: "EIP", Region: env.Region})).Result) > 0)
	// The SDK cannot decode the id that this answers: its field is not exported.
	ok(client.Apply(&quotacenter.ApplicationCreateModel{
		ProductType: quotas[0].ProductType, ServiceType: "EIP", Type: "QUOTA", Region: env.Region, Name: quotas[0].Name, Value: "100", Reason: "a tour",
	}))
	applications := ok(client.ApplicationQuery(&quotacenter.ApplicationQueryArgs{ServiceType: "EIP", Type: "QUOTA", Region: env.Region})).Result
	equal("applications", len(applications), 1)
	application := ok(client.ApplicationDetail(applications[0].Id))
	equal("what was applied for", application.Value, "100")
	that("applied at", isTime(application.CreateTime))
}

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// pushImage does what docker does: a token, the layers, the manifest. The SDK has no call for it.
func pushImage(user, password, repository, tag string) {
	registry := endpointOf("registry")
	var token struct{ Token string }
	query := url.Values{"service": {"harbor-registry"}, "scope": {"repository:" + repository + ":pull,push"}}
	grant, err := http.NewRequest("GET", registry+"/service/token?"+query.Encode(), nil)
	must(err)
	grant.SetBasicAuth(user, password)
	must(json.Unmarshal(send(grant, 200).body, &token))

	do := func(method, target string, body []byte, kind string, status int) *http.Response {
		request, err := http.NewRequest(method, target, bytes.NewReader(body))
		must(err)
		request.Header.Set("Authorization", "Bearer "+token.Token)
		request.Header.Set("Content-Type", kind)
		return send(request, status).Response
	}
	blob := func(content []byte, kind string) string {
		start := do("POST", registry+"/v2/"+repository+"/blobs/uploads/", nil, "", 202)
		location, err := start.Request.URL.Parse(start.Header.Get("Location"))
		must(err)
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256(content))
		values := location.Query()
		values.Set("digest", digest)
		location.RawQuery = values.Encode()
		do("PUT", location.String(), content, "application/octet-stream", 201)
		return fmt.Sprintf(`{"mediaType":%q,"size":%d,"digest":%q}`, kind, len(content), digest)
	}
	config := blob([]byte(`{"architecture":"amd64","os":"linux"}`), "application/vnd.oci.image.config.v1+json")
	layer := blob([]byte("a layer"), "application/vnd.oci.image.layer.v1.tar")
	const kind = "application/vnd.oci.image.manifest.v1+json"
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":%s,"layers":[%s]}`, kind, config, layer)
	do("PUT", registry+"/v2/"+repository+"/manifests/"+tag, []byte(manifest), kind, 201)
}

type reply struct {
	*http.Response
	body []byte
}

func send(request *http.Request, status int) reply {
	response, err := http.DefaultClient.Do(request)
	must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(err)
	if response.StatusCode != status {
		report("%s %s: expected status %d, got %s: %s", request.Method, request.URL, status, response.Status, body)
		panic(stop{})
	}
	return reply{response, body}
}

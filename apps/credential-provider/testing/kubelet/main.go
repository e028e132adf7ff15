// The part of the kubelet that asks credential providers: its configuration, its cache and its matching of images, as
// they are in Kubernetes. Arguments: the CredentialProviderConfig, the folder of the executables, and a JSON file with
// what the API server would say of service accounts. Each line of the input asks for one image, as a Pod would.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	authenticationv1 "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

type account struct {
	Token       string            `json:"token"`
	Annotations map[string]string `json:"annotations"`
}

type pull struct {
	Image          string `json:"image"`
	Namespace      string `json:"namespace"`
	ServiceAccount string `json:"serviceAccount"`
}

type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	accounts := map[string]account{}
	text, err := os.ReadFile(os.Args[3])
	if err != nil {
		fail(err)
	}
	if err := json.Unmarshal(text, &accounts); err != nil {
		fail(err)
	}
	token := func(namespace, name string, tr *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
		answer := tr.DeepCopy()
		answer.Status.Token = accounts[namespace+"/"+name].Token
		return answer, nil
	}
	get := func(namespace, name string) (*v1.ServiceAccount, error) {
		meta := metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "1", Annotations: accounts[namespace+"/"+name].Annotations}
		return &v1.ServiceAccount{ObjectMeta: meta}, nil
	}
	if err := plugin.RegisterCredentialProviderPlugins(os.Args[1], os.Args[2], token, get); err != nil {
		fail(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked pull
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fail(err)
		}
		keyring := plugin.NewExternalCredentialProviderDockerKeyring(asked.Namespace, "pod", "uid", asked.ServiceAccount)
		found, _ := keyring.Lookup(asked.Image)
		logins := []login{}
		for _, one := range found {
			logins = append(logins, login{one.Username, one.Password})
		}
		answer, err := json.Marshal(logins)
		if err != nil {
			fail(err)
		}
		fmt.Println(string(answer))
	}
}

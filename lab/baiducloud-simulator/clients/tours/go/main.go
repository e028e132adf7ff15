// A tour of the Baidu AI Cloud simulator with the official Go SDK: every product that the SDK covers, as a user would.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/baidubce/bce-sdk-go/util/log"
)

// environment is what the runner tells of the simulator it has started.
type environment struct {
	Endpoints       map[string]string `json:"endpoints"`
	AccessKeyID     string            `json:"accessKeyId"`
	SecretAccessKey string            `json:"secretAccessKey"`
	Region          string            `json:"region"`
	AccountID       string            `json:"accountId"`
}

var env environment

var tours = []struct {
	name string
	run  func()
}{
	{"session", tourSession},
	{"vpc", tourVpc},
	{"bcc", tourBcc},
	{"eip", tourEip},
	{"blb", tourBlb},
	{"appblb", tourAppblb},
	{"eni", tourEni},
	{"cce", tourCce},
	{"tags", tourTags},
	{"quota", tourQuota},
	{"iam", tourIam},
	{"sts", tourSts},
	{"nat", tourNat},
	{"routes", tourPodRoutes},
	{"esg", tourEsg},
	{"ipsets", tourIPSets},
	{"acls", tourAcls},
	{"havip", tourHaVip},
	{"ipv6", tourIPv6Gateway},
	{"certificates", tourCertificates},
	{"groups", tourResourceGroups},
	{"hpas", tourHpas},
	{"eccr", tourEccr},
	{"bbc", tourBbc},
	{"ccev1", tourCceV1},
	{"bec", tourBec},
}

func main() {
	log.SetLogLevel(log.FATAL)
	if err := json.Unmarshal([]byte(os.Getenv("CLIENT_TOUR")), &env); err != nil {
		fmt.Fprintln(os.Stderr, "CLIENT_TOUR: expected the JSON that the runner gives:", err)
		os.Exit(2)
	}
	only := os.Args[1:]
	for _, tour := range tours {
		if len(only) == 0 || contains(only, tour.name) {
			visit(tour.name, tour.run)
		}
	}
	summary, _ := json.Marshal(map[string]int{"calls": calls, "assertions": assertions, "failures": failures})
	fmt.Println(string(summary))
	if failures > 0 {
		os.Exit(1)
	}
}

// visit runs one tour to its end, or to where it cannot go on.
func visit(name string, run func()) {
	defer func() {
		if problem := recover(); problem != nil {
			if _, isStop := problem.(stop); !isStop {
				report("%s: %v\n%s", name, problem, stack())
			}
		}
	}()
	run()
}

func stack() string {
	buffer := make([]byte, 4096)
	return string(buffer[:runtime.Stack(buffer, false)])
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}

// endpointOf is the address of one of the cloud's hosts, as the SDK's constructors want it.
func endpointOf(host string) string {
	endpoint, known := env.Endpoints[host]
	if !known {
		report("the simulator has no host %q: it has %s", host, strings.Join(keysOf(env.Endpoints), ", "))
		panic(stop{})
	}
	return endpoint
}

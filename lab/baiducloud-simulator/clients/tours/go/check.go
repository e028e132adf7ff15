package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"time"

	"github.com/baidubce/bce-sdk-go/bce"
)

const (
	patience = 20 * time.Second
	pause    = 25 * time.Millisecond
)

var calls, assertions, failures int

// stop ends the tour of one product: what follows needs what has failed.
type stop struct{}

func report(format string, args ...any) {
	failures++
	fmt.Fprintf(os.Stderr, "%s: %s\n", where(), fmt.Sprintf(format, args...))
}

// where is the line of the tour that is being walked.
func where() string {
	for skip := 1; ; skip++ {
		_, file, line, known := runtime.Caller(skip)
		if !known {
			return "tour"
		}
		if name := filepath.Base(file); name != "check.go" {
			return fmt.Sprintf("%s:%d", name, line)
		}
	}
}

// ok is for a call that has to succeed: ok(client.GetVPCDetail(id)).Name
func ok[T any](result T, err error) T {
	done(err)
	return result
}

// done is for a call that has to succeed and gives nothing.
func done(err error) {
	calls++
	if err != nil {
		report("unexpected error: %v", err)
		panic(stop{})
	}
}

// refusal drops the result of a call that has to fail: refused(refusal(client.GetVPCDetail("no")), …)
func refusal[T any](_ T, err error) error {
	return err
}

// refused expects the SDK's own typed error, with all that a program could look at.
func refused(err error, status int, code string) {
	calls++
	var refusal *bce.BceServiceError
	if !errors.As(err, &refusal) {
		report("expected a refusal %d %s, got %v", status, code, err)
		return
	}
	equal("code", refusal.Code, code)
	equal("status of "+refusal.Code, refusal.StatusCode, status)
	that("the refusal has a message and a request id", refusal.Message != "" && refusal.RequestId != "")
}

func equal[T any](what string, got, want T) {
	assertions++
	if !reflect.DeepEqual(got, want) {
		report("%s: expected %#v, got %#v", what, want, got)
	}
}

func that(what string, holds bool) {
	assertions++
	if !holds {
		report("not true: %s", what)
	}
}

// until waits for a state of the cloud; however often it looks, it is one call.
func until(what string, holds func() bool) {
	before := calls
	defer func() { calls = before + 1 }()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			report("waited %v in vain until %s", patience, what)
			panic(stop{})
		}
	}
	assertions++
}

// paged follows the markers of a list and returns all ids; `fetch` reads one page.
func paged(what string, pages int, fetch func(marker string) (ids []string, nextMarker string, isTruncated bool)) []string {
	var all []string
	marker, count := "", 0
	for {
		ids, next, truncated := fetch(marker)
		all = append(all, ids...)
		count++
		if !truncated {
			break
		}
		that(what+": a page that is not the last names the next", next != "" && next != marker)
		marker = next
	}
	equal(what+": pages", count, pages)
	sorted := append([]string(nil), all...)
	sort.Strings(sorted)
	for i := 1; i < len(sorted); i++ {
		that(what+": nothing is listed twice", sorted[i] != sorted[i-1])
	}
	return all
}

func idsOf[T any](items []T, id func(T) string) []string {
	ids := make([]string, 0, len(items))
	for _, item := range items {
		ids = append(ids, id(item))
	}
	return ids
}

func keysOf[T any](items map[string]T) []string {
	keys := make([]string, 0, len(items))
	for key := range items {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// isTime tells whether a text is a time as the cloud writes it.
func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil && strings.HasSuffix(text, "Z")
}

// quotaOfVpcs is what the runner sets; the VPCs that are there already count.
const quotaOfVpcs = 6

// zoneOf names a zone of the region.
func zoneOf(index int) string {
	return fmt.Sprintf("cn-%s-%c", env.Region, 'a'+index)
}

// must is for what cannot fail, such as making a client.
func must(err error) {
	if err != nil {
		report("%v", err)
		panic(stop{})
	}
}

func pointer[T any](value T) *T {
	return &value
}

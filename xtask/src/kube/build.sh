# Builds the API server and the controller manager in $1, where src is Debian's source of Kubernetes 1.20.
#
# With Go alone: Kubernetes' own make would first build seven generators and check what they make, which the
# source has already. The one file that it has not is made here: the definitions for OpenAPI, by which kubectl
# checks what it sends and server-side apply knows lists that are maps.
set -eu
src=$1/src
export GOPATH="$1/go" GOCACHE="$1/cache" HOME="$1/home" GO111MODULE=off CGO_ENABLED=0
# Memory for time: the compiler collects its garbage less often.
export GOGC=400
mkdir -p "$GOPATH/src/k8s.io" "$HOME" "$1/bin"
ln -sfn "$src" "$GOPATH/src/k8s.io/kubernetes"
cd "$GOPATH/src/k8s.io/kubernetes"

# Its own copy of reflect2 is older than 1.0.2 and crashes under Go 1.18 and later
# (modern-go/reflect2#22); Debian's package is newer.
reflect=vendor/github.com/modern-go/reflect2
rm "$reflect"/*.go "$reflect"/*.s
cp /usr/share/gocode/src/github.com/modern-go/reflect2/*.go /usr/share/gocode/src/github.com/modern-go/reflect2/*.s "$reflect"
rm -f "$reflect"/*_test.go

go build -o "$1/bin/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
tagged() { # below these directories
    grep -R -l --include='*.go' '+k8s:openapi-gen=' "$@" |
        grep -v -E '/(code-generator|sample-apiserver|kube-openapi|gengo)/' | xargs -n1 dirname | LC_ALL=C sort -u
}
packages=$(tagged pkg vendor/k8s.io/*/. | sed 's,/\./,/,; s,^,k8s.io/kubernetes/,' | paste -s -d,)
# Standard error says which of the known names break its rules.
"$1/bin/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$1/violations"

version=k8s.io/kubernetes/vendor/k8s.io/component-base/version
# Without the drivers of clouds, which are half of it, and without symbols.
go build -tags providerless -gcflags=all=-dwarf=false -o "$1/bin/" \
    -ldflags "-s -w -X $version.gitVersion=v1.20.2 -X $version.gitMajor=1 -X $version.gitMinor=20" \
    ./cmd/kube-apiserver ./cmd/kube-controller-manager

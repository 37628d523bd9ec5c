# make        the programs, in out/bin
# make test   everything that must hold; the last line is "N passed, N failed"
# make demo   a node's whole life on this machine (KEEP=1 leaves it running)
# make eif    the enclave image: out/qos.eif and its measurements, out/qos.pcrs
# make demo-fleet   a registry, the control service and three replicas: killed and healed, promoted under load
# make test-kubernetes   the tests in a real cluster, with its API server away for a minute; the container images built twice and compared; the demo's life in pods
# make demo-kubernetes   the fleet on a real cluster on this machine: pods killed and healed, the leader killed, a release rolled out; needs a cluster (see docs/kubernetes.md)
# make demo-image   the same life, but the node is a virtual machine booted from that image
# make reproduce    builds the image twice, under different circumstances, and compares
# make bench  the tables of numbers (ARGS="enclave host boot health export service attestation proofs bridge machine dev fleet web" for some of them)
# make dist   a release, in out/dist: programs, image, measurements, Debian packages, bill of materials, checksums
# make web   the proof page and the JavaScript verifier's package, in out/web and out/packages
# make test-web   10,000 damaged proofs, judged by Qos.Verify and by the JavaScript verifier; every byte of one flipped on the proof page
# make pack   the NuGet packages Qos.Verify and Qos.App and what they share, in out/packages
# make test-packages   installs what make pack and make dist have made, as a user would, and looks that it works; as root
# make format, make deps, make clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
# No build servers: they outlive the command and hold files of a folder that may be gone by then.
export DOTNET_CLI_USE_MSBUILD_SERVER := 0
export MSBUILDDISABLENODEREUSE := 1
BUILT_FROM := src native web eif Directory.Build.props Directory.Build.targets Directory.Packages.props global.json
# The commit that the programs tell with their version: given, as a release's build does, or the one that is checked out, if nothing that they are built
# from was changed since. An app that somebody made in the clone is no such change.
ifndef QOS_COMMIT
QOS_COMMIT := $(shell git rev-parse --verify -q HEAD 2>/dev/null || echo unknown)$(shell git status --porcelain -- $(BUILT_FROM) 2>/dev/null | grep -q . && echo -changed)
endif
export QOS_COMMIT
BUILD := -nodeReuse:false -p:UseSharedCompilation=false

PROGRAMS := qos qos-control qos-enclave qos-host qos-nsm-sim qos-sample-echo
# Names of the reference's programs, all of them links to one of ours: docs/interop.md.
COMPAT := qos_client qos_core qos_host qos_bridge
SOURCES := $(shell find src native web -type f -not -path '*/bin/*' -not -path '*/obj/*') \
    Directory.Build.props Directory.Build.targets Directory.Packages.props global.json

.PHONY: all help web test-web test demo demo-fleet demo-kubernetes test-kubernetes eif demo-image reproduce bench pack test-packages dist format clean deps
all: out/.programs

help:
	@sed -n 's/^# \(make.*\)/\1/p; /^SHELL/q' Makefile

deps:
	@native/install-deps
	@native/libsodium >/dev/null

# Written only when it is another one, so that the programs are linked again then and only then.
out/.commit: FORCE
	@mkdir -p out
	@[ "$$(cat $@ 2>/dev/null)" = "$$QOS_COMMIT" ] || echo "$$QOS_COMMIT" >$@
.PHONY: FORCE
FORCE:

out/.programs: $(SOURCES) out/.commit | deps
	@.ci/quiet out/log/programs.log 'out/lib/' \
	    dotnet msbuild -restore -m $(BUILD) -nologo -v:m src/Programs.proj
	@mkdir -p out/bin
	@for name in $(PROGRAMS); do ln -sfn ../lib/$$name/$$name out/bin/$$name; done
	@mkdir -p out/compat
	@for name in $(COMPAT); do ln -sfn ../lib/qos-compat/qos-compat out/compat/$$name; done
	@touch $@

test: all
	@.ci/test

demo: all
	@[ -e src/samples/demo.sh ] || { echo "src/samples/demo.sh is missing" >&2; exit 1; }
	@bash src/samples/demo.sh

eif: all
	@eif/build-image

demo-fleet: all
	@bash src/samples/demo-fleet.sh

test-kubernetes: all
	@native/install-deps kubernetes
	@.ci/quiet out/log/test-kubernetes.log 'no line' dotnet build -c Release tests/Qos.Fleet.Kubernetes.Tests $(BUILD) -nologo -v:m
	@QOS_KUBERNETES=$${QOS_KUBERNETES:-$(CURDIR)/../shared/tools/kubernetes/cluster} QOS_AWAY_SECONDS=60 dotnet test tests/Qos.Fleet.Kubernetes.Tests -c Release --no-build -v:q
	@deploy/kubernetes/reproduce-images
	@bash src/samples/demo-kubernetes.sh

demo-kubernetes: all
	@bash src/samples/demo-kubernetes.sh

demo-image: eif
	@NODE=machine bash src/samples/demo.sh

reproduce:
	@eif/reproduce

bench: all
	@[ -e tests/Qos.Bench/Qos.Bench.csproj ] || { echo "tests/Qos.Bench is missing" >&2; exit 1; }
	@native/install-deps bench
	@.ci/quiet out/log/bench.log 'no line' dotnet build -c Release tests/Qos.Bench $(BUILD) -nologo -v:m
	@dotnet run --no-build -c Release --project tests/Qos.Bench -- $(ARGS)

dist: eif
	@native/install-deps dist
	@deploy/build-dist

PACKED := Qos.Native Qos.Serialization Qos.Keys Qos.Nsm Qos.Protocol Qos.Verify Qos.App
pack: | deps
	@mkdir -p out/packages && rm -f out/packages/*.nupkg
	@for name in $(PACKED); do .ci/quiet out/log/pack-$$name.log 'Successfully created' \
	    dotnet pack -c Release src/$$name -o out/packages --artifacts-path out/pack -p:QosPack=true $(BUILD) -nologo -v:m; done

# What is missing is said before the minutes that the packages take.
test-packages:
	@deploy/try-nuget --check
	@$(MAKE) --no-print-directory pack dist
	@deploy/try-nuget
	@deploy/try-packages

web: | deps
	@web/build
	@mkdir -p out/packages && cd web/verify && npm pack --silent --pack-destination ../../out/packages

test-web: | deps
	@.ci/quiet out/log/test-web.log 'no line' dotnet build -c Release tests/Qos.Web.Tests $(BUILD) -nologo -v:m
	@QOS_MUTANTS=10000 dotnet test tests/Qos.Web.Tests -c Release --no-build -v:q

format: | deps
	dotnet format Qos.sln

clean:
	rm -rf out
	find src tests -type d \( -name bin -o -name obj -o -name TestResults \) -prune -exec rm -rf {} +

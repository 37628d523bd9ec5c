# What the two demos of a fleet have in common: a registry with the sample app in an image, three people, and the genesis of their key.
# Sourced after demo-steps.sh; wants its variables, $registry, $role and $genesis_host.
# shellcheck shell=bash disable=SC2154

start_registry() {
    cat >registry.yml <<YAML
version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: $dir/registry } }
http: { addr: "$registry" }
YAML
    background registry docker-registry serve "$dir/registry.yml"
    wait_for "the registry" curl -fsS "http://$registry/v2/"
}

# An image is a manifest, a configuration and a layer; any tool makes them. $2 is a file that only tells one release from the next.
push_image() {
    local tag=$1 note=$2
    mkdir -p image/app && cp "$bin/qos-sample-echo" image/app/echo && printf '%s\n' "$note" >image/app/release
    rm -rf layout && mkdir -p layout/blobs/sha256
    tar -C image -cf layer.tar app
    local diff layer config manifest
    diff=$(sha256sum layer.tar | cut -d' ' -f1)
    gzip -nf layer.tar
    layer=$(blob layer.tar.gz)
    printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$diff" >config.json
    config=$(blob config.json)
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' \
        "$config" "$(stat -c %s config.json)" "$layer" "$(stat -c %s layer.tar.gz)" >manifest.json
    manifest=$(blob manifest.json)
    printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' \
        "$manifest" "$(stat -c %s manifest.json)" "$tag" >layout/index.json
    printf '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
    run skopeo copy --insecure-policy --dest-tls-verify=false "oci:$dir/layout:$tag" "docker://$registry/team/echo:$tag"
}
blob() {
    local digest
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    cp "$1" "layout/blobs/sha256/$digest" && printf '%s' "$digest"
}

# Each member's folder holds the key, the sets and a qos.yaml of what that member compares with.
make_people() {
    mkdir -p share-set manifest-set
    for who in alice bob carol; do
        mkdir -p "people/$who"
        "$qos" key new "$who" --dir "people/$who" >last.out 2>&1 || fail "key new: $(cat last.out)"
        cp "people/$who/$who.pub" share-set/ && cp "people/$who/$who.pub" manifest-set/ || fail "copying $who.pub"
    done
    echo 2 >share-set/quorum_threshold
    echo 2 >manifest-set/quorum_threshold
    for who in alice bob carol; do
        cp -r share-set manifest-set "people/$who/" || fail "copying the sets"
        (cd "people/$who" && "$qos" init --root "$dir/root.pem" --pcrs "$dir/release.pcrs" --role-arn "$role" --share-set share-set --manifest-set manifest-set \
            --quorum-key "$dir/genesis/quorum_key.pub" --dr-key none --pivot "$bin/qos-sample-echo" --alias "$who" --secret "$who.secret" --share "$who.share") >last.out 2>&1 ||
            fail "qos init: $(cat last.out)"
    done
}

# On a node of its own, which is gone afterwards.
hold_genesis() {
    local before=${#pids[@]}
    background genesis-nsm "$bin/qos-nsm-sim" --socket run/g-nsm.sock --pcrs release.pcrs --role-arn "$role" --pki-dir control/pki
    wait_for "the NSM simulator" test -S run/g-nsm.sock
    background genesis-enclave "$bin/qos-enclave" --socket run/g.sock --nsm run/g-nsm.sock --dir run/g
    background genesis-host "$bin/qos-host" --enclave-socket run/g.sock --listen "${genesis_host#http://}"
    wait_for "the genesis node" "$qos" node status --host "$genesis_host"
    run "$qos" genesis run --host "$genesis_host" --share-set share-set --out genesis --root root.pem --pcrs release.pcrs --role-arn "$role"
    for who in alice bob carol; do as "$who" genesis accept --dir "$dir/genesis" --yes; done
    kill "${pids[@]:before}" 2>/dev/null
    wait "${pids[@]:before}" 2>/dev/null
    pids=("${pids[@]:0:before}") names=("${names[@]:0:before}")
    good "two of three shares make the key; the genesis node is gone"
}

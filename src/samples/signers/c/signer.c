// A signer for an enclave, in C with OpenSSL's libcrypto: a line of text comes in over TCP, a line of JSON with an app proof of it goes out.
// docs/app.md says what each step is. Build it static, because an image has no loader and no libraries:
//
//     cc -O2 -static -o signer signer.c -lcrypto
//     signer --port 3000 [--qos-dir DIRECTORY]
#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static unsigned char public_key[130];  // the encryption point, then the signing point, each 04 || x || y
static EVP_PKEY *signing_key;

static void fail(const char *what) {
    fprintf(stderr, "signer: %s\n", what);
    exit(1);
}

static void to_hex(const unsigned char *bytes, size_t count, char *text) {
    for (size_t i = 0; i < count; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

// HKDF-SHA512(salt, seed, info = "", 32 bytes): one block of output is enough, so it is two HMACs.
static void derive(const unsigned char seed[32], const char *salt, unsigned char scalar[32]) {
    unsigned char prk[64], block[64];
    HMAC(EVP_sha512(), salt, (int)strlen(salt), seed, 32, prk, NULL);
    HMAC(EVP_sha512(), prk, 64, (const unsigned char *)"\x01", 1, block, NULL);
    memcpy(scalar, block, 32);
    OPENSSL_cleanse(prk, 64);
    OPENSSL_cleanse(block, 64);
}

// The public point of a scalar: 65 bytes.
static void point_of(const unsigned char scalar[32], unsigned char point[65]) {
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *q = EC_POINT_new(group);
    BIGNUM *d = BN_secure_new();
    if (!BN_bin2bn(scalar, 32, d) || !EC_POINT_mul(group, q, d, NULL, NULL, NULL)
        || EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL) != 65)
        fail("the key file's seed gives no point of P-256");
    BN_clear_free(d);
    EC_POINT_free(q);
    EC_GROUP_free(group);
}

static EVP_PKEY *key_of(const unsigned char scalar[32], const unsigned char point[65]) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *d = BN_secure_new();
    BN_bin2bn(scalar, 32, d);
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 65);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    if (EVP_PKEY_fromdata_init(context) <= 0 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) <= 0)
        fail("libcrypto does not take the key");
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(d);
    EVP_PKEY_CTX_free(context);
    return key;
}

// The file holds the 32-byte seed of a key set as 64 hex digits.
static void read_key(const char *directory) {
    char path[4096], text[65] = {0};
    unsigned char seed[32], scalar[32];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/qos.ephemeral.key", directory);
    FILE *file = fopen(path, "r");
    if (!file) fail("there is no qos.ephemeral.key in the directory");
    setvbuf(file, NULL, _IONBF, 0);
    if (fread(text, 1, 64, file) != 64 || !OPENSSL_hexstr2buf_ex(seed, sizeof seed, &count, text, '\0') || count != 32)
        fail("qos.ephemeral.key does not hold 64 hex digits");
    fclose(file);
    derive(seed, "qos_p256_encrypt", scalar);
    point_of(scalar, public_key);
    derive(seed, "qos_p256_sign", scalar);
    point_of(scalar, public_key + 65);
    signing_key = key_of(scalar, public_key + 65);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(seed, sizeof seed);
    OPENSSL_cleanse(scalar, sizeof scalar);
}

// ECDSA over SHA-256 of the payload. libcrypto gives DER; a proof has r || s, 32 bytes each.
static void sign(const char *payload, unsigned char signature[64]) {
    unsigned char der[80];
    const unsigned char *at = der;
    size_t length = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signing_key) <= 0
        || EVP_DigestSign(context, der, &length, (const unsigned char *)payload, strlen(payload)) <= 0)
        fail("libcrypto does not sign");
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
}

// One line of at most 64 KiB in, one line out.
static void serve(int client) {
    static char line[65537];
    if (!fgets(line, sizeof line, fdopen(client, "r")) || !strchr(line, '\n')) return;
    line[strcspn(line, "\r\n")] = '\0';

    unsigned char digest[32], signature[64];
    char digest_hex[65], key_hex[261], signature_hex[129], payload[256];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    SHA256((const unsigned char *)line, strlen(line), digest);
    to_hex(digest, sizeof digest, digest_hex);
    snprintf(payload, sizeof payload, "{\"type\":\"SIGNED_LINE\",\"timestampMs\":\"%lld\",\"sha256\":\"%s\"}",
             (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, digest_hex);
    sign(payload, signature);
    to_hex(public_key, sizeof public_key, key_hex);
    to_hex(signature, sizeof signature, signature_hex);

    // The payload is a string in the proof; nothing in it needs escaping but its quotation marks.
    char escaped[512], *to = escaped;
    for (const char *from = payload; *from; from++) {
        if (*from == '"') *to++ = '\\';
        *to++ = *from;
    }
    *to = '\0';
    dprintf(client, "{\"scheme\":\"SIGNATURE_SCHEME_EPHEMERAL_KEY_P256\",\"publicKey\":\"%s\",\"proofPayload\":\"%s\",\"signature\":\"%s\"}\n",
            key_hex, escaped, signature_hex);
}

static void stop(int number) {
    (void)number;
    _exit(0);
}

int main(int count, char **words) {
    const char *directory = "/", *port = "3000";
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(words[i], "--port")) port = words[i + 1];
        else if (!strcmp(words[i], "--qos-dir")) directory = words[i + 1];
        else fail("usage: signer [--port PORT] [--qos-dir DIRECTORY]");
    }
    signal(SIGTERM, stop);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    read_key(directory);

    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)) fail("the port is taken");
    printf("signer: listening on 127.0.0.1:%s\n", port);
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        // A process for each connection, with ten seconds to live: a silent client holds nothing for long.
        if (fork() == 0) {
            signal(SIGTERM, SIG_DFL);
            alarm(10);
            serve(client);
            _exit(0);
        }
        close(client);
    }
}

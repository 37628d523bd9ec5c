//! A signer for an enclave, in Rust with its standard library and OpenSSL's libcrypto: a line of text comes in over TCP, a line of JSON with an
//! app proof of it goes out. docs/app.md says what each step is. Build it static, because an image has no loader and no libraries:
//!
//!     rustc --edition 2021 -O -C target-feature=+crt-static -l static=crypto -L /usr/lib/x86_64-linux-gnu -o signer signer.rs
//!     signer --port 3000 [--qos-dir DIRECTORY]
//!
//! With a registry at hand, take the crates `hkdf`, `p256` and `serde_json` instead of what is declared in `crypto` below.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

mod crypto {
    use std::os::raw::{c_int, c_uchar, c_uint, c_void};

    pub type Pointer = *mut c_void;
    pub const P256: c_int = 415; // NID_X9_62_prime256v1

    extern "C" {
        pub fn EVP_sha512() -> *const c_void;
        pub fn HMAC(md: *const c_void, key: *const c_uchar, key_length: c_int, data: *const c_uchar, length: usize, out: *mut c_uchar, out_length: *mut c_uint) -> *mut c_uchar;
        pub fn SHA256(data: *const c_uchar, length: usize, out: *mut c_uchar) -> *mut c_uchar;
        pub fn BN_bin2bn(bytes: *const c_uchar, length: c_int, number: Pointer) -> Pointer;
        pub fn BN_bn2binpad(number: *const c_void, bytes: *mut c_uchar, length: c_int) -> c_int;
        pub fn BN_clear_free(number: Pointer);
        pub fn EC_KEY_new_by_curve_name(curve: c_int) -> Pointer;
        pub fn EC_KEY_set_private_key(key: Pointer, scalar: *const c_void) -> c_int;
        pub fn EC_KEY_get0_group(key: Pointer) -> *const c_void;
        pub fn EC_POINT_new(group: *const c_void) -> Pointer;
        pub fn EC_POINT_free(point: Pointer);
        pub fn EC_POINT_mul(group: *const c_void, result: Pointer, scalar: *const c_void, q: *const c_void, m: *const c_void, context: Pointer) -> c_int;
        pub fn EC_POINT_point2oct(group: *const c_void, point: Pointer, form: c_int, out: *mut c_uchar, length: usize, context: Pointer) -> usize;
        pub fn ECDSA_do_sign(digest: *const c_uchar, length: c_int, key: Pointer) -> Pointer;
        pub fn ECDSA_SIG_get0(signature: Pointer, r: *mut *const c_void, s: *mut *const c_void);
        pub fn ECDSA_SIG_free(signature: Pointer);
        pub fn signal(number: c_int, handler: extern "C" fn(c_int)) -> Pointer;
        pub fn _exit(code: c_int) -> !;
        pub fn OPENSSL_cleanse(bytes: Pointer, length: usize);
    }

}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    unsafe { crypto::SHA256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()) };
    out
}

fn hmac_sha512(key: &[u8], data: &[u8]) -> [u8; 64] {
    let mut out = [0; 64];
    unsafe { crypto::HMAC(crypto::EVP_sha512(), key.as_ptr(), key.len() as i32, data.as_ptr(), data.len(), out.as_mut_ptr(), std::ptr::null_mut()) };
    out
}

fn wipe(bytes: &mut [u8]) {
    unsafe { crypto::OPENSSL_cleanse(bytes.as_mut_ptr().cast(), bytes.len()) };
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A P-256 key: its scalar is HKDF-SHA512(salt, seed, info = "", 32 bytes). One block of output is enough, so it is two HMACs.
struct Key {
    handle: crypto::Pointer,
    point: [u8; 65],
}

// libcrypto's keys may be used for signing by several threads once they are made.
unsafe impl Sync for Key {}
unsafe impl Send for Key {}

impl Key {
    fn derive(seed: &[u8], salt: &str) -> Key {
        let mut extracted = hmac_sha512(salt.as_bytes(), seed);
        let mut block = hmac_sha512(&extracted, &[1]);
        let mut point = [0; 65];
        let handle = unsafe {
            let handle = crypto::EC_KEY_new_by_curve_name(crypto::P256);
            let group = crypto::EC_KEY_get0_group(handle);
            let scalar = crypto::BN_bin2bn(block.as_ptr(), 32, std::ptr::null_mut());
            let public = crypto::EC_POINT_new(group);
            let null = std::ptr::null_mut();
            assert_eq!(crypto::EC_POINT_mul(group, public, scalar, null, null, null), 1, "the seed gives no point of P-256");
            assert_eq!(crypto::EC_POINT_point2oct(group, public, 4, point.as_mut_ptr(), 65, null), 65); // 4: uncompressed
            assert_eq!(crypto::EC_KEY_set_private_key(handle, scalar), 1);
            crypto::EC_POINT_free(public);
            crypto::BN_clear_free(scalar);
            handle
        };
        wipe(&mut extracted);
        wipe(&mut block);
        Key { handle, point }
    }

    /// ECDSA over SHA-256 of the message, r || s with 32 bytes each.
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        let digest = sha256(message);
        let mut out = [0; 64];
        let (mut r, mut s) = (std::ptr::null(), std::ptr::null());
        unsafe {
            let signature = crypto::ECDSA_do_sign(digest.as_ptr(), 32, self.handle);
            assert!(!signature.is_null(), "libcrypto does not sign");
            crypto::ECDSA_SIG_get0(signature, &mut r, &mut s);
            crypto::BN_bn2binpad(r, out.as_mut_ptr(), 32);
            crypto::BN_bn2binpad(s, out[32..].as_mut_ptr(), 32);
            crypto::ECDSA_SIG_free(signature);
        }
        out
    }
}

struct Signer {
    signing: Key,
    public_key: String,
}

impl Signer {
    /// The file holds the 32-byte seed of a key set as 64 hex digits. The public key is the encryption point, then the signing point.
    fn open(directory: &str) -> Signer {
        let path = format!("{directory}/qos.ephemeral.key");
        let mut text = std::fs::read(&path).unwrap_or_else(|error| fail(&format!("{path}: {error}")));
        let digits = std::str::from_utf8(&text).unwrap_or("").trim();
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            fail(&format!("{path} does not hold 64 hex digits"));
        }
        let mut seed: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
        let encryption = Key::derive(&seed, "qos_p256_encrypt");
        let signing = Key::derive(&seed, "qos_p256_sign");
        wipe(&mut seed);
        wipe(&mut text);
        let public_key = hex(&encryption.point) + &hex(&signing.point);
        Signer { signing, public_key }
    }

    fn prove(&self, line: &[u8]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let payload = format!(r#"{{"type":"SIGNED_LINE","timestampMs":"{now}","sha256":"{}"}}"#, hex(&sha256(line)));
        let signature = hex(&self.signing.sign(payload.as_bytes()));
        // The payload is a string in the proof; nothing in it needs escaping but its quotation marks.
        let escaped = payload.replace('"', "\\\"");
        format!(
            "{{\"scheme\":\"SIGNATURE_SCHEME_EPHEMERAL_KEY_P256\",\"publicKey\":\"{}\",\"proofPayload\":\"{escaped}\",\"signature\":\"{signature}\"}}\n",
            self.public_key
        )
    }

    /// One line of at most 64 KiB in, one line out; a client that is silent for ten seconds is left.
    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        client.set_read_timeout(Some(Duration::from_secs(10)))?;
        client.set_write_timeout(Some(Duration::from_secs(10)))?;
        let mut line = Vec::new();
        BufReader::new(client.try_clone()?).take(65536).read_until(b'\n', &mut line)?;
        if line.pop() == Some(b'\n') {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            client.write_all(self.prove(&line).as_bytes())?;
        }
        Ok(())
    }
}

fn fail(reason: &str) -> ! {
    eprintln!("signer: {reason}");
    std::process::exit(1)
}

extern "C" fn stop(_: i32) {
    unsafe { crypto::_exit(0) }
}

fn main() {
    let (mut port, mut directory) = ("3000".to_string(), "/".to_string());
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        match (name.as_str(), words.next()) {
            ("--port", Some(value)) => port = value,
            ("--qos-dir", Some(value)) => directory = value,
            _ => fail("usage: signer [--port PORT] [--qos-dir DIRECTORY]"),
        }
    }
    unsafe { crypto::signal(15, stop) };
    let signer: &'static Signer = Box::leak(Box::new(Signer::open(&directory)));
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap_or_else(|error| fail(&format!("port {port}: {error}")));
    println!("signer: listening on 127.0.0.1:{port}");
    for client in listener.incoming().flatten() {
        std::thread::spawn(move || signer.serve(client));
    }
}

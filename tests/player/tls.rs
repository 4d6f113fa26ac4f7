//! TLS for the player: a certificate made for this run, and a client that trusts it.

use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use restante::smtp::{Tls, TlsOffer};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
};

pub const NAME: &str = "test.example";

static PAIR: LazyLock<(Arc<TlsOffer>, Arc<ClientConfig>)> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let chain = vec![made.cert.der().clone()];
    let server = ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(server.with_single_cert(chain.clone(), key.into()).unwrap());
    let mut roots = RootCertStore::empty();
    roots.add(chain[0].clone()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let offer = TlsOffer { config, end_point: Vec::new(), client_ca: None };
    (Arc::new(offer), Arc::new(client))
});

pub fn offer() -> Arc<TlsOffer> {
    PAIR.0.clone()
}

/// What this client and the server agree on.
pub fn agreed() -> Tls {
    Tls {
        version: Some("TLSv1.3".to_owned()),
        cipher: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        sni: Some(NAME.to_owned()),
        ..Tls::default()
    }
}

pub enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    pub fn into_tls(self, patience: Duration) -> Stream {
        let Stream::Plain(mut stream) = self else { panic!("TLS is on already") };
        stream.set_read_timeout(Some(patience)).unwrap();
        let mut client = ClientConnection::new(PAIR.1.clone(), NAME.try_into().unwrap()).unwrap();
        while client.is_handshaking() {
            client.complete_io(&mut stream).expect("the handshake succeeds");
        }
        Stream::Tls(Box::new(StreamOwned::new(client, stream)))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &stream.sock,
        }
    }

    pub fn set_read_timeout(&self, patience: Duration) {
        self.socket().set_read_timeout(Some(patience)).unwrap();
    }

    /// Sends no more.
    pub fn hang_up(&mut self) -> Result<()> {
        if let Stream::Tls(stream) = self {
            stream.conn.send_close_notify();
            stream.flush()?;
        }
        self.socket().shutdown(Shutdown::Write)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

// Jakarta Mail (Angus) sends the cases that batch.py asks for.

import jakarta.mail.Address;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.angus.mail.smtp.SMTPMessage;
import org.eclipse.angus.mail.smtp.SMTPTransport;

public class Send {
    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            var asked = line.split("\t", -1);
            try {
                send(asked[0], asked[1], asked[2], asked[3], asked[4], asked[5], asked[6], asked[7], asked[8], asked[9]);
            } catch (Exception e) {
                System.out.println(asked[0] + "\t" + e.toString().replace('\n', ' ').replace('\r', ' '));
            }
        }
    }

    static void send(String name, String security, String port, String ca, String mechanism, String user,
            String secret, String sender, String recipients, String mail) throws Exception {
        var protocol = security.equals("implicit") ? "smtps" : "smtp";
        var settings = new Properties();
        var prefix = "mail." + protocol + ".";
        settings.put(prefix + "localhost", "app.local");
        settings.put(prefix + "allow8bitmime", "true");
        settings.put(prefix + "ssl.checkserveridentity", "true");
        settings.put(prefix + "ssl.socketFactory", trusting(ca).getSocketFactory());
        if (security.equals("starttls")) {
            settings.put(prefix + "starttls.enable", "true");
            settings.put(prefix + "starttls.required", "true");
        }
        if (mechanism.isEmpty()) {
            settings.put(prefix + "auth", "false");
        } else if (mechanism.equals("CRAM-MD5")) {
            // Not one of its own; Java's SASL brings it.
            settings.put(prefix + "auth", "true");
            settings.put(prefix + "sasl.enable", "true");
            settings.put(prefix + "sasl.mechanisms", mechanism);
        } else {
            settings.put(prefix + "auth", "true");
            settings.put(prefix + "auth.mechanisms", mechanism);
        }
        var session = Session.getInstance(settings);
        SMTPMessage message;
        try (InputStream bytes = new FileInputStream(mail)) {
            message = new SMTPMessage(session, bytes);
        }
        message.setEnvelopeFrom(sender);
        message.setReturnOption(SMTPMessage.RETURN_HDRS);
        message.setNotifyOptions(SMTPMessage.NOTIFY_SUCCESS | SMTPMessage.NOTIFY_FAILURE);
        message.setMailExtension("ENVID=" + name);
        message.setAllow8bitMIME(true);
        try (var transport = (SMTPTransport) session.getTransport(protocol)) {
            var login = !mechanism.isEmpty();
            transport.connect("localhost", Integer.parseInt(port), login ? user : null, login ? secret : null);
            Address[] to = InternetAddress.parse(recipients);
            transport.sendMessage(message, to);
        }
    }

    static SSLContext trusting(String ca) throws Exception {
        var keys = KeyStore.getInstance(KeyStore.getDefaultType());
        keys.load(null, null);
        try (var pem = new FileInputStream(ca)) {
            keys.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}

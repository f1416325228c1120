"""deploy/nginx.conf with TLS, and production's settings behind it: what browsers are given over https alone."""

import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bin import bench_servers
from bin.bench_servers import ROOT, free_port
from bin.with_postgres import postgres
from tests.processes import has_nginx, nginx

pytestmark = [
    pytest.mark.without_database,
    pytest.mark.skipif(not has_nginx() and os.environ.get("CI") != "true", reason="no nginx found"),
]
EDITOR, PASSWORD = "redacteur@example.org", "een-lang-wachtwoord"
PRODUCTION = {
    "DEVELOPMENT": "false",
    "DEBUG": "false",
    "SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "localhost",
    "SITE_URL": "https://localhost",
    "EMAIL_HOST": "127.0.0.1",
    "DEFAULT_FROM_EMAIL": "VLEVA <portaal@example.org>",
    "STAFF_SECOND_FACTOR": "true",
    "TRUSTED_PROXY_COUNT": "1",
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
}


class Secure:
    """The site as a browser meets it, which trusts the site's certificate."""

    def __init__(self, port, plain, folder):
        self.port, self.plain = port, plain
        self.tls = ssl.create_default_context(cafile=folder / "fullchain.pem")
        self.cookies = {}

    def ask(self, method, path, body=None, **headers):
        """(status, headers, text); cookies are kept."""
        own = {"Host": "localhost", "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        with closing(http.client.HTTPSConnection("localhost", self.port, context=self.tls, timeout=20)) as line:
            line.request(method, path, body, own | headers)
            answer = line.getresponse()
            for said in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(said).items()}
            return answer.status, answer.headers, answer.read().decode()

    def ask_plainly(self, host, path):
        """(status, where it sends) without TLS."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.plain, timeout=5)) as line:
            line.request("GET", path, headers={"Host": host})
            answer = line.getresponse()
            return answer.status, answer.headers["Location"]

    def agree(self, host="localhost", **options):
        """(version, protocol) of a handshake with these options."""
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.set_alpn_protocols(["h2", "http/1.1"])
        tls.set_ciphers("ALL:@SECLEVEL=0")  # else it would refuse old versions by itself
        for name, value in options.items():
            setattr(tls, name, value)
        line = socket.create_connection(("127.0.0.1", self.port), 5)
        with tls.wrap_socket(line, server_hostname=host) as secure:
            return secure.version(), secure.selected_alpn_protocol()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder, plain = tmp_path_factory.mktemp("tls"), free_port()
    certify(folder)
    settings = (ROOT / "deploy/portal-tls.conf").read_text().replace("/etc/nginx/tls", str(folder))
    (folder / "portal-tls.conf").write_text(settings)
    with postgres() as cluster:
        environment = os.environ | PRODUCTION | {"DATABASE_URL": cluster.url, "DATA_DIR": str(folder)}
        for command in (["prepare", "--no-static"], ["createsuperuser", "--noinput", "--email", EDITOR]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
        listen = {"listen": "ssl http2", "LISTEN_PLAIN": f"127.0.0.1:{plain}"}
        with bench_servers.gunicorn(environment) as app, nginx(folder, [app.port] * 2, **listen) as server:
            yield Secure(server.port, plain, folder)


def certify(folder):
    """A certificate for localhost that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, "localhost")])
    days = datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *days)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def test_pages_come_over_https_alone_and_browsers_shall_insist_on_it(site):
    status, headers, text = site.ask("GET", "/oproepen/")
    assert (status, "AMIF" in text) == (200, True)
    assert headers["Strict-Transport-Security"] == "max-age=2592000"
    assert site.ask_plainly("localhost", "/oproepen/?q=taal") == (301, "https://localhost/oproepen/?q=taal")


def test_who_logs_in_has_cookies_that_no_other_host_and_no_plain_line_gets(site):
    _status, headers, text = site.ask("GET", "/account/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(.*?)"', text)[1]
    form = urlencode({"csrfmiddlewaretoken": token, "login": EDITOR, "password": PASSWORD})
    about = {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://localhost/account/login/"}
    status, answered, _text = site.ask("POST", "/account/login/", form, **about)
    said = headers.get_all("Set-Cookie", []) + answered.get_all("Set-Cookie", [])
    assert status == 302
    assert {"__Host-csrftoken", "__Host-sessionid"} <= site.cookies.keys()
    assert [one for one in said if "; Secure" not in one or "Path=/" not in one or "Domain" in one] == []
    assert site.ask("POST", "/account/login/", form, **about | {"Referer": "https://elders.example.org/"})[0] == 403


def test_old_tls_and_unknown_hosts_are_refused(site):
    old, new, newest = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    assert site.agree(maximum_version=new) == ("TLSv1.2", "h2")
    assert site.agree(minimum_version=newest) == ("TLSv1.3", "h2")
    with pytest.raises(ssl.SSLError, match="unrecognized name"):
        site.agree("elders.example.org")
    with pytest.warns(DeprecationWarning, match="TLSv1"), pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        site.agree(minimum_version=old, maximum_version=old)
    with pytest.raises(http.client.RemoteDisconnected):
        site.ask_plainly("elders.example.org", "/")

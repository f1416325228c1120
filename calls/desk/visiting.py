"""Asks web servers whether an address still answers: politely, and never anything inside our own network."""

import ipaddress
import socket
from time import monotonic, sleep
from urllib.parse import urljoin, urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

AGENT = "VLEVA-oproepen/1.0 (+https://www.vleva.eu; controleert of links nog werken)"
TIMEOUT = (10, 15)  # seconds to connect, and between two signs of life
PAUSE = 2  # seconds between two visits to one host
MOST_REDIRECTS = 5
ENOUGH = 1024  # bytes of a page
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotPublic(OSError):
    """The address leads into a private network: nobody outside can see what is there."""


def public_address(host, port):
    """The first address of a host, provided that all of them are on the public internet. Raises NotPublic."""
    found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(is_public(ipaddress.ip_address(address.partition("%")[0])) for address in found):
        raise NotPublic(host)
    return found[0]


def is_public(ip):
    """Also where an IPv6 address stands for an IPv4 one."""
    if ip.version == 6:
        inner = (
            ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None)
        )
        if inner:
            return is_public(inner)
    return ip.is_global and not ip.is_multicast


class Guarded:
    """Connects to the very address that was looked at: a name that leads elsewhere a moment later changes nothing."""

    allowed: frozenset

    def _new_conn(self):
        host, port = self._dns_host, self.port
        address = host if (host, port) in self.allowed else public_address(host, port)
        return create_connection((address, port), self.timeout, socket_options=self.socket_options)


class GuardedAdapter(HTTPAdapter):
    def __init__(self, allowed):
        kinds = {"http": (HTTPConnectionPool, HTTPConnection), "https": (HTTPSConnectionPool, HTTPSConnection)}
        self.pools = {}
        for scheme, (pool, connection) in kinds.items():
            guarded = type("GuardedConnection", (Guarded, connection), {"allowed": allowed})
            self.pools[scheme] = type("GuardedPool", (pool,), {"ConnectionCls": guarded})
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools


class Visitor:
    """`allowed` are (host, port) of this machine's own network that may be visited all the same: tests need one."""

    def __init__(self, pause=PAUSE, timeout=TIMEOUT, allowed=frozenset()):
        self.pause, self.timeout = pause, timeout
        self.visited = {}  # {host: when}
        self.session = requests.Session()
        self.session.trust_env = False  # a proxy would look up names for us
        self.session.headers.update({"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, GuardedAdapter(allowed))

    def visit(self, url):
        """(status, trouble): the status of the last page, None where none answered; trouble in words, or nothing."""
        try:
            return self.follow(url)
        except requests.exceptions.SSLError:
            return None, _("The server's certificate is not in order.")
        except requests.exceptions.Timeout:
            return None, _("The server did not answer in time.")
        except ValueError:
            return None, _("This address cannot be read.")
        except requests.exceptions.RequestException as error:
            return None, _("This address is not public.") if leads_inside(error) else _(
                "The server cannot be reached."
            )

    def follow(self, url):
        for _hop in range(MOST_REDIRECTS + 1):
            status, target = self.ask(url)
            if target is None:
                return status, "" if status < 400 else _("The server answers %(status)d.") % {"status": status}
            url = urljoin(url, target)
            if urlsplit(url).scheme not in {"http", "https"}:
                return None, _("This address leads to something that is no web page.")
        return None, _("This address leads on and on, without an end.")

    def ask(self, url):
        """(status, where it leads on to). Some servers refuse HEAD: those are asked for the beginning of the page."""
        status, target = self.request("HEAD", url)
        return self.request("GET", url) if status >= 400 and status != 429 else (status, target)

    def request(self, method, url):
        self.wait_for(urlsplit(url).hostname)
        headers = {"Range": f"bytes=0-{ENOUGH - 1}"} if method == "GET" else {}
        options = {"stream": True, "allow_redirects": False, "timeout": self.timeout, "headers": headers}
        with self.session.request(method, url, **options) as response:
            return response.status_code, response.headers.get("Location") if response.is_redirect else None

    def wait_for(self, host):
        """Pauses between two visits to a host, however many addresses it has."""
        rest = self.visited.get(host, -self.pause) + self.pause - monotonic()
        if rest > 0:
            sleep(rest)
        self.visited[host] = monotonic()


def leads_inside(error):
    """Whether NotPublic is what stands behind an exception of requests."""
    while error is not None:
        if isinstance(error, NotPublic) or any(isinstance(one, NotPublic) for one in causes(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def causes(error):
    return [one for one in (*error.args, getattr(error, "reason", None)) if isinstance(one, BaseException)]

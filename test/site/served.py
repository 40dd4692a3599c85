"""The program as it serves, and a browser's side of it: what the tests of the site share."""
import http.client, json, os, re, socket, struct, subprocess, threading, urllib.parse

OURS = {'Sec-Fetch-Site': 'same-origin'}
FORM = dict(OURS, **{'Content-Type': 'application/x-www-form-urlencoded'})


# Users that no machine has an account for; the group first.
USERS = {'group': 64100, 'keeper': 64101, 'web': 64102, 'examiner': 64103, 'courier': 64104, 'media-gate': 64105, 'mail-gate': 64106, 'reader': 64107, 'fetcher': 64108}


def take_apart(data):
    """Each process of the installation gets a user of its own. As root."""
    os.chmod(os.path.dirname(data), 0o755)
    for folder, folders, files in os.walk(data):
        for name in ['.', *files]:
            os.chown(os.path.join(folder, name), USERS['keeper'], USERS['group'])
    with open(os.path.join(data, 'users.json'), 'w', encoding='utf-8') as f:
        json.dump(USERS, f)


class Served:
    """The program, serving until the block ends."""

    def __init__(self, program, *args):
        self.program, self.args = program, args

    def __enter__(self):
        self.process = subprocess.Popen([self.program, *self.args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            found = re.search(r'(https?)://[\d.]+:(\d+)', line)
            if found:
                self.port = int(found[2])
                self.lines = []
                self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout))
                self.reader.start()
                return self
        raise AssertionError('nothing is served: ' + ''.join(said))

    def __exit__(self, *failure):
        self.process.terminate()
        self.status = self.process.wait(60)
        self.reader.join()


class Person:
    """A browser: a cookie, a token, and requests; from another address of this machine where `source` says so."""
    source = None

    def __init__(self, site, login=None, password=None):
        self.site = site
        self.cookie = self.token = self.set_cookie = self.raw = None
        if not login:
            return
        status, _, _ = self.post('/sign-in', login=login, password=password, next='/')
        assert status == 303, f'{login} cannot sign in: {status}'
        found = re.search(r'name="csrf" value="([^"]+)"', self.get('/')[1])
        self.token = found[1]

    def ask(self, method, path, body=None, headers=None):
        link = http.client.HTTPConnection('127.0.0.1', self.site.port, timeout=60, source_address=self.source and (self.source, 0))
        headers = dict(headers or {})
        if self.cookie:
            headers['Cookie'] = 'tsujiban=' + self.cookie
        link.request(method, path, body, headers)
        answer = link.getresponse()
        bytes = self.raw = answer.read()
        text = bytes if answer.getheader('Content-Type') == 'application/octet-stream' else bytes.decode('utf-8', 'replace')
        link.close()
        got = {k.lower(): v for k, v in answer.getheaders()}
        if got.get('set-cookie', '').startswith('tsujiban='):
            self.set_cookie = got['set-cookie']
            self.cookie = self.set_cookie.split(';')[0].split('=')[1]
        return answer.status, text, got

    def get(self, path):
        return self.ask('GET', path)

    def post(self, path, headers=FORM, **fields):
        if self.token and 'csrf' not in fields:
            fields['csrf'] = self.token
        return self.ask('POST', path, urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None}), headers)

    def say_why(self, record, purpose='照会', case='1'):
        """Why he opens it, where its register asks: it holds for an hour."""
        return self.post(f'/records/{record}/read', purpose=purpose, case=case, next='')

    def send_json(self, path, body, **headers):
        headers = {k.replace('_', '-'): v for k, v in headers.items()}
        return self.ask('POST', path, body, {**OURS, 'Content-Type': 'application/json', 'X-CSRF-Token': self.token, **headers})


def parts(person, boundary='B', **fields):
    """A form with files as browsers send it: bytes are the contents of a file, a pair its name and contents, a list several boxes."""
    body = b''
    for name, value in [(n, one) for n, v in {'csrf': person.token, **fields}.items() for one in (v if isinstance(v, list) else [v])]:
        file, value = value if isinstance(value, tuple) else ('t' if isinstance(value, bytes) else None, value)
        body += b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
            boundary.encode(), name.encode(), b'; filename="%s"' % file.encode() if file is not None else b'',
            value if isinstance(value, bytes) else value.encode())
    return body + b'--%s--\r\n' % boundary.encode()


def send_parts(person, body, boundary='B', path='/admin/takeover'):
    return person.ask('POST', path, body, dict(OURS, **{'Content-Type': f'multipart/form-data; boundary={boundary}'}))


def ask_keeper(data, message):
    """The keeper's answer to the operator."""
    def read(n):
        got = b''
        while len(got) < n:
            piece = link.recv(n - len(got))
            assert piece, 'the keeper closed'
            got += piece
        return got

    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(60)
        link.connect(os.path.join(data, 'keeper.sock'))
        text = json.dumps(message).encode()
        link.sendall(struct.pack('>I', len(text)) + text)
        return json.loads(read(struct.unpack('>I', read(4))[0]))


def same(a, b, what=''):
    assert a == b, f'{what}: {a!r} is not {b!r}'


def run_checks(checks):
    """TAP: a line for each, by the first line of what it claims."""
    for n, check in enumerate(checks, 1):
        try:
            check()
            print(f'ok {n} - {check.__doc__}', flush=True)
        except Exception as e:
            print(f'not ok {n} - {check.__doc__}\n# {type(e).__name__}: {str(e)[:2000]}'.replace('\n', '\n# ').replace('# # ', '# '), flush=True)


def end_well(site, n):
    faults = [line for line in site.lines if 'failed' in line or 'Sanitizer' in line or 'runtime error' in line]
    print(f'{"not " if faults or site.status else ""}ok {n} - the program ends well and has said nothing of failures of its own')
    # A sanitizer's report is the lines after its first one: all of them, since they alone say where.
    told = next((i for i, line in enumerate(site.lines) if 'Sanitizer' in line or 'runtime error' in line), None)
    for line in faults if told is None else site.lines[told:][:200]:
        print('# ' + line.rstrip())

"""A real Postfix for tests that need one."""
import email, email.policy, glob, os, pwd, socket, subprocess, time


class Postfix:
    """A Postfix that belongs to the test: its own folders, a loopback port, mail delivered below `box`. `more` joins its main.cf."""

    def __init__(self, folder, more=''):
        self.dir = folder
        with socket.create_server(('127.0.0.1', 0)) as s:
            self.port = s.getsockname()[1]
        os.chmod(folder, 0o755)
        for name in ('etc', 'queue', 'state', 'mail', 'tls'):
            os.mkdir(f'{folder}/{name}', 0o755)
        os.chown(f'{folder}/state', pwd.getpwnam('postfix').pw_uid, -1)
        nobody = pwd.getpwnam('nobody')
        os.chown(f'{folder}/mail', nobody.pw_uid, nobody.pw_gid)
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.2', '-addext',
                        'subjectAltName=IP:127.0.0.2', '-keyout', f'{folder}/tls/key', '-out', f'{folder}/tls/cert'], check=True,
                       stderr=subprocess.DEVNULL)
        self.write('main.cf', f"""compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.police.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ gone@police.example=REJECT }}, permit
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/tls/cert
smtpd_tls_key_file = {folder}/tls/key
smtpd_tls_received_header = yes
virtual_mailbox_domains = police.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
virtual_minimum_uid = 1
alias_maps =
maillog_file_prefixes = {folder}
maillog_file = {folder}/state/log
{more}
""")
        plain = ('pickup unix-dgram', 'cleanup unix', 'qmgr unix', 'rewrite unix', 'bounce unix', 'defer unix', 'trace unix', 'tlsmgr unix',
                 'virtual unix', 'anvil unix', 'error unix', 'retry unix', 'proxymap unix', 'smtp unix', 'postlog unix-dgram')
        programs = {'rewrite': 'trivial-rewrite', 'defer': 'bounce', 'trace': 'bounce', 'retry': 'error', 'postlog': 'postlogd'}
        rows = [f'127.0.0.1:{self.port} inet n - n - - smtpd', f'127.0.0.2:{self.port} inet n - n - - smtpd']
        for row in plain[1:]:
            name, kind = row.split()
            wakes = '300' if name == 'qmgr' else '-'
            private = 'n' if name in ('cleanup', 'qmgr', 'postlog') else '-'
            limit = '1' if name in ('qmgr', 'anvil', 'postlog', 'tlsmgr') else '0' if name in ('cleanup', 'bounce', 'defer', 'trace') else '-'
            user = 'n' if name == 'virtual' else '-'
            rows.append(f'{name} {kind} {private} {user} n {wakes} {limit} {programs.get(name, name)}')
        self.write('master.cf', '\n'.join(rows) + '\n')

    def write(self, name, text):
        with open(f'{self.dir}/etc/{name}', 'w') as f:
            f.write(text)

    def run(self, *args):
        return subprocess.run(['/usr/sbin/postfix', '-c', f'{self.dir}/etc', *args], capture_output=True, text=True)

    def __enter__(self):
        done = self.run('start')
        if done.returncode:
            raise AssertionError('Postfix does not start: ' + done.stdout + done.stderr)
        wait_for(lambda: can_connect(self.port), 'Postfix to listen')
        return self

    def __exit__(self, *failure):
        self.run('stop')

    def messages(self):
        return [email.message_from_binary_file(open(path, 'rb'), policy=email.policy.default) for path in sorted(glob.glob(f'{self.dir}/mail/box/new/*'))]


def can_connect(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


def wait_for(what, name, seconds=60):
    until = time.monotonic() + seconds
    while not (got := what()):
        if time.monotonic() > until:
            raise AssertionError('waited in vain for ' + name)
        time.sleep(0.1)
    return got

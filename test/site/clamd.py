"""A real clamd for tests that need one."""
import os, shutil, subprocess, time

EICAR = b'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + b'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
SIGNATURE = 'Test.EICAR.String:0:*:' + EICAR.hex() + '\n'


class Clamd:
    """A clamd of the test's own, with one signature."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, 'clamd')
        os.makedirs(os.path.join(self.folder, 'signatures'))
        self.socket = os.path.join(self.folder, 'clamd.ctl')
        with open(os.path.join(self.folder, 'signatures/test.ndb'), 'w') as f:
            f.write(SIGNATURE)
        with open(os.path.join(self.folder, 'clamd.conf'), 'w') as f:
            f.write(f'LocalSocket {self.socket}\nDatabaseDirectory {self.folder}/signatures\nTemporaryDirectory {self.folder}\n'
                    f'Foreground yes\nStreamMaxLength 40M\nMaxThreads 4\nOfficialDatabaseOnly no\n')
        os.chmod(folder, 0o755)

    def __enter__(self):
        program = shutil.which('clamd') or '/usr/sbin/clamd'
        self.process = subprocess.Popen([program, f'--config-file={self.folder}/clamd.conf'], stdout=subprocess.DEVNULL)
        for _ in range(300):
            if os.path.exists(self.socket):
                return self
            time.sleep(0.1)
        raise AssertionError('clamd does not start')

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.wait(60)

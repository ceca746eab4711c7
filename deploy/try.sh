#!/bin/bash
# 在一个全新的 Debian 文件夹里照使用手册「装在一台 Linux 上」一步一步做，再启动、停下、再启动、备份、恢复。用 root 运行：
#   debootstrap bookworm /tmp/fresh && deploy/try.sh /tmp/fresh
# 里面没有 systemd 在运行：服务照 jielu.service 的用户、文件夹和命令启动。
set -euo pipefail
root=$(realpath "$1") checkout=$(cd "$(dirname "$0")/.." && pwd)
inside() { env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
end() { [ -z "${service:-}" ] || kill "$service" 2>/dev/null || true; umount "$root/proc" "$root/dev"; }
for each in proc dev; do mount --bind "/$each" "$root/$each"; done
trap end EXIT
git clone --quiet --bare "$checkout" "$root/srv/repository"
printf '[safe]\n\tdirectory = /srv/repository\n' > "$root/etc/gitconfig"

# The handbook's own blocks, as they stand there.
sed -n '/^### 装在一台 Linux 上/,/^### 第一次设置/p' "$checkout/docs/handbook.zh.md" |
    sed -n '/^   ```sh/,/^   ```$/{/```/d;s/^   //;p}' | sed 's#仓库地址#/srv/repository#; s/enable --now/enable/' > "$root/root/steps.sh"
time inside bash -exc 'cd /root; . /root/steps.sh'
inside systemd-analyze verify /etc/systemd/system/jielu.service
inside caddy validate --config /etc/caddy/Caddyfile

health() {
    inside python3 -c "
import urllib.request as u
print(u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8617/healthz', timeout=9).read().decode())"
}
start() {
    (exec -c chroot "$root" setpriv --reuid=jielu --regid=jielu --init-groups --reset-env sh -c \
        "umask 077; cd /srv/jielu; exec $(sed -n 's/^ExecStart=//p' "$root/etc/systemd/system/jielu.service")") &
    service=$!
    for _ in $(seq 60); do if health 2>/dev/null; then return; fi; sleep 0.5; done
    health
}
stop() { kill "$service"; time wait "$service"; service=; }

start
inside jielu link --operator
stop
start
inside jielu backup
inside jielu export /srv/jielu/before.xlsx
stop
inside sh -c 'jielu restore-backup /srv/jielu-backup/jielu-* --over && jielu export /srv/jielu/after.xlsx'
inside python3 - <<'END'
from zipfile import ZipFile
before, after = ({n: z.read(n) for n in z.namelist()} for z in (ZipFile(f"/srv/jielu/{f}.xlsx") for f in ("before", "after")))
assert before == after, "the export of what was restored differs"
END
start
stop
echo 都做完了

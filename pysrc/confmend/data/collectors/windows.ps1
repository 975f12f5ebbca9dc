# Windows: prints what confmend can use. It reads only: nothing is written, sent or asked for.
& {
  $ErrorActionPreference = 'SilentlyContinue'
  function Heading($name) { "`n==> $name <==" }
  function Show($path) { if (Test-Path -LiteralPath $path -PathType Leaf) { Heading $path; Get-Content -LiteralPath $path } }

  $system = Get-CimInstance Win32_ComputerSystem
  Heading 'answers'
  "memory = $($system.TotalPhysicalMemory)"
  "cpus = $($system.NumberOfLogicalProcessors)"

  $key = 'HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters'
  Heading "reg query $key"
  reg.exe query $key
  Heading 'netsh int ipv4 show dynamicport tcp'
  netsh.exe int ipv4 show dynamicport tcp

  # Where the services say that their data and settings are.
  foreach ($service in Get-CimInstance Win32_Service | Where-Object { $_.Name -match 'postgres|pgbouncer' }) {
    if ($service.PathName -match '-D\s+"?([^"]+?)"?\s*(-|$)') {
      foreach ($name in 'postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf') { Show (Join-Path $Matches[1] $name) }
    }
    if ($service.PathName -match '"?([^"]+\.ini)"?') { Show $Matches[1] }
  }
  if (Get-Command psql -CommandType Application) {
    foreach ($query in 'SELECT version()',
      'SELECT name, setting, unit, source, sourcefile, pending_restart FROM pg_settings ORDER BY name',
      'SELECT state, count(*) FROM pg_stat_activity GROUP BY state') {
      $answer = psql -X -w -d postgres -c $query 2>$null
      if ($answer) { Heading "psql -c `"$query`""; $answer }
    }
  }
}

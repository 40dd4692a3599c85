<#
What a Windows terminal did, written as lines that `tsujiban media collect` takes in. doc/man/collectors.md describes them.

  Tsujiban-Collect.ps1 -Kind trails|settings|scans -State DIR -Out DIR [-Collector NAME]
  Get-Content -Encoding UTF8 vector.tsv | Tsujiban-Collect.ps1 -Kind trails -State DIR -Chain      lines of CSV come out; nothing differs when
  Compare-Object -CaseSensitive (Get-Content -Encoding UTF8 vector.csv) (what came out)            tells nothing

Trails need the audit policy "Removable Storage" (auditpol /set /subcategory:"Removable Storage" /success:enable): its events 4663 name user, file and access.
Run it as SYSTEM, daily; State and Out are written by administrators only. Each run writes one line at least, so that a silent day is one.
Only ASCII stands in this file: PowerShell 5.1 reads a script without byte order mark in the code page of the system.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)][ValidateSet('trails', 'settings', 'scans')][string]$Kind,
    [Parameter(Mandatory)][string]$State,
    [string]$Out,
    [string]$Collector = $env:COMPUTERNAME,
    [switch]$Chain,
    [Parameter(ValueFromPipeline)][string]$Line
)
begin {
    Set-StrictMode -Version 2
    $ErrorActionPreference = 'Stop'
    $columns = @{
        trails   = 'seq,before,collector,at,event,computer,account,serial,file,size,sha256,cipher'
        settings = 'seq,before,collector,at,event,computer,antivirus,definitions,media_restricted,screen_lock,macros_off'
        scans    = 'seq,before,collector,at,event,computer,definitions,result,found,file'
    }
    $count = ($columns[$Kind] -split ',').Count
    $utf8 = New-Object System.Text.UTF8Encoding($false)
    $plain = [Globalization.CultureInfo]::InvariantCulture # else years are of the era where the calendar of Windows is
    $sha = [System.Security.Cryptography.SHA256]::Create()
    if (-not $Chain -and -not $Out) { throw 'Name the folder for the files by -Out.' }
    # .NET knows another current folder than PowerShell does.
    $State = (Resolve-Path -LiteralPath $State).ProviderPath
    if ($Out) { $Out = (Resolve-Path -LiteralPath $Out).ProviderPath }
    $kept = Join-Path $State $Kind
    $script:stamps = @{} # what the next run goes on from: written once the lines lie in Out
    $script:number = 0
    $script:before = '0' * 64
    if (Test-Path -LiteralPath $kept) {
        $words = ([IO.File]::ReadAllText($kept)).Trim() -split ' '
        $script:number = [int]$words[0]
        $script:before = $words[1]
    }
    $csv = New-Object System.Collections.Generic.List[string]
    $csv.Add($columns[$Kind])

    # Cells from `collector` on.
    function Add-Cells([string[]]$Cells) {
        $script:number++
        $all = @([string]$script:number, $script:before) + @($Cells | ForEach-Object { ([string]$_) -replace '[\t\r\n]', ' ' })
        $hash = $sha.ComputeHash($utf8.GetBytes($all -join "`t"))
        $script:before = -join ($hash | ForEach-Object { $_.ToString('x2') })
        $csv.Add((@($all | ForEach-Object { if ($_ -match '[",]') { '"' + ($_ -replace '"', '""') + '"' } else { $_ } }) -join ','))
    }

    function Get-Moment($When) { ([DateTimeOffset]$When).ToString("yyyy-MM-dd'T'HH:mm:sszzz", $plain) }

    function Get-Day($When) { if ($null -eq $When) { '' } else { ([DateTime]$When).ToString('yyyy-MM-dd', $plain) } }

    # When the last run looked; without one, the day before.
    function Get-Since([string]$Name) {
        $path = Join-Path $State $Name
        if (Test-Path -LiteralPath $path) {
            [DateTime]::Parse([IO.File]::ReadAllText($path).Trim(), $plain, [Globalization.DateTimeStyles]::RoundtripKind)
        } else {
            (Get-Date).AddDays(-1)
        }
    }

    # Of a path of Windows or of the kernel, whatever characters it has.
    function Get-Leaf([string]$Path) { $Path -replace '^.*[\\/]', '' }

    function Add-Mark { Add-Cells (@($Collector, (Get-Moment (Get-Date)), 'mark') + @('') * ($count - 5)) }

    function Get-Truth($Value) { if ($null -eq $Value) { '' } elseif ($Value) { 'yes' } else { 'no' } }

    # By the device path that events name: \Device\HarddiskVolume7 is of which disk.
    function Get-Serials {
        $found = @{}
        foreach ($disk in Get-CimInstance Win32_DiskDrive -Filter "InterfaceType='USB'") {
            foreach ($part in Get-CimAssociatedInstance $disk -ResultClassName Win32_DiskPartition) {
                foreach ($drive in Get-CimAssociatedInstance $part -ResultClassName Win32_LogicalDisk) {
                    $serial = ([string]$disk.SerialNumber).Trim()
                    $found[$drive.DeviceID] = if ($serial) { $serial } else { 'unknown' }
                }
            }
        }
        $found
    }

    # Nothing found is an answer; a log that cannot be read is a failure.
    function Get-Events($Since, $Until) {
        try {
            Get-WinEvent -ErrorAction Stop -FilterHashtable @{ LogName = 'Security'; Id = 4663; StartTime = $Since; EndTime = $Until }
        } catch {
            if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw }
        }
    }

    # Where a file of that path lies on one medium that is still there: its serial number, size and digest. Two of them: it is not known which.
    function Find-File([string]$Below, $Serials) {
        $found = @($Serials.Keys | ForEach-Object { $_ + '\' + $Below } | Where-Object { Test-Path -LiteralPath $_ -PathType Leaf })
        if ($found.Count -ne 1) { return @{ Serial = 'unknown'; Size = 0; Digest = '' } }
        $digest = ''
        $size = 0
        try {
            $size = (Get-Item -LiteralPath $found[0] -Force).Length
            $digest = (Get-FileHash -LiteralPath $found[0] -Algorithm SHA256).Hash.ToLowerInvariant()
        } catch {
            Write-Warning "$($found[0]) cannot be read: $($_.Exception.Message)"
        }
        @{ Serial = $Serials[$found[0].Substring(0, 2)]; Size = $size; Digest = $digest }
    }

    # Every write and read of the audit policy (task 12812) since the last run. A medium that is gone by now leaves its serial number unknown.
    function Add-Trails {
        $since = Get-Since 'seen'
        $until = Get-Date
        $serials = Get-Serials
        $seen = @{}
        foreach ($e in @(Get-Events $since $until | Where-Object { $_.Task -eq 12812 } | Sort-Object TimeCreated, RecordId)) {
            $data = @{}
            foreach ($d in ([xml]$e.ToXml()).Event.EventData.ChildNodes) { $data[$d.GetAttribute('Name')] = $d.InnerText }
            $mask = [Convert]::ToInt64($data['AccessMask'], 16)
            $way = if ($mask -band 0x6) { 'output' } elseif ($mask -band 0x1) { 'input' } else { '' } # written or appended; read
            $below = $data['ObjectName'] -replace '^\\Device\\[^\\]+\\?', '' -replace ':.*$', '' # a stream of a file is written with it
            $name = Get-Leaf $below
            $key = "$way|$($data['ObjectName'])|$($data['SubjectUserName'])"
            if (-not $way -or -not $name -or $seen.ContainsKey($key)) { continue }
            $seen[$key] = $true
            # Looking into a folder is no input of a file.
            if (@($serials.Keys | Where-Object { Test-Path -LiteralPath ($_ + '\' + $below) -PathType Container }).Count) { continue }
            $file = Find-File $below $serials
            Add-Cells @($Collector, (Get-Moment $e.TimeCreated), $way, $Collector, $data['SubjectUserName'], $file.Serial, $name, $file.Size, $file.Digest, '')
        }
        Add-Mark
        $script:stamps['seen'] = $until.ToString('o', $plain)
    }

    function Get-Policy([string]$Path, [string]$Name) {
        $item = Get-ItemProperty -Path $Path -Name $Name -ErrorAction SilentlyContinue
        if ($null -eq $item) { $null } else { $item.$Name }
    }

    function Add-Settings {
        $mp = Get-MpComputerStatus
        $denied = Get-Policy 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices' 'Deny_All'
        $idle = Get-Policy 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'InactivityTimeoutSecs'
        $macros = Get-Policy 'HKLM:\SOFTWARE\Policies\Microsoft\Office\16.0\Word\Security' 'VBAWarnings'
        Add-Cells @($Collector, (Get-Moment (Get-Date)), 'settings', $Collector, (Get-Truth ($mp.AntivirusEnabled -and $mp.RealTimeProtectionEnabled)),
            (Get-Day $mp.AntivirusSignatureLastUpdated), (Get-Truth ($denied -eq 1)), (Get-Truth ($idle -gt 0)),
            $(if ($null -eq $macros) { '' } else { Get-Truth ($macros -eq 4) })) # which a policy of the user may set as well
    }

    # A scan that ended since the last run and found nothing is a clean one; where none ended there is a mark.
    function Add-Scans {
        $mp = Get-MpComputerStatus
        $day = Get-Day $mp.AntivirusSignatureLastUpdated
        if (-not $day) { throw 'Defender does not tell how old its definitions are; nothing can be said of what it scanned.' }
        $since = Get-Since 'scanned'
        $until = Get-Date
        $found = @(Get-MpThreatDetection | Where-Object { $_.InitialDetectionTime -gt $since -and $_.InitialDetectionTime -le $until } |
                Sort-Object InitialDetectionTime)
        foreach ($one in $found) {
            $file = [string](@($one.Resources) | Where-Object { $_ -like 'file:*' } | Select-Object -First 1)
            $threat = Get-MpThreat -ThreatID $one.ThreatID -ErrorAction SilentlyContinue | Select-Object -First 1
            $name = if ($null -eq $threat) { [string]$one.ThreatID } else { $threat.ThreatName }
            Add-Cells @($Collector, (Get-Moment $one.InitialDetectionTime), 'scan', $Collector, $day, 'infected', $name, (Get-Leaf $file))
        }
        $ends = @(@($mp.QuickScanEndTime, $mp.FullScanEndTime) | Where-Object { $null -ne $_ -and $_ -gt $since -and $_ -le $until } | Sort-Object)
        if ($found.Count -eq 0 -and $ends.Count) {
            Add-Cells @($Collector, (Get-Moment $ends[-1]), 'scan', $Collector, $day, 'clean', '', '')
        } elseif ($found.Count -eq 0) {
            Add-Mark
        }
        $script:stamps['scanned'] = $until.ToString('o', $plain)
    }
}
process {
    if ($Chain -and $Line) { Add-Cells ($Line -split "`t") }
}
end {
    if (-not $Chain) {
        switch ($Kind) {
            'trails' { Add-Trails }
            'settings' { Add-Settings }
            'scans' { Add-Scans }
        }
    }
    if ($Chain) {
        $csv
    } else {
        $file = Join-Path $Out "$Kind-$script:number.csv"
        [IO.File]::WriteAllText("$file.part", ($csv -join "`n") + "`n", $utf8)
        Move-Item -LiteralPath "$file.part" -Destination $file
        $file
    }
    [IO.File]::WriteAllText("$kept.part", "$script:number $script:before`n", $utf8)
    Move-Item -Force -LiteralPath "$kept.part" -Destination $kept
    foreach ($name in $script:stamps.Keys) { [IO.File]::WriteAllText((Join-Path $State $name), $script:stamps[$name], $utf8) }
}

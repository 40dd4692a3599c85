<#
What a Windows terminal did, written as lines that `tsujiban media collect` takes in. doc/man/collectors.md describes them.

  Tsujiban-Collect.ps1 -Kind trails|settings|scans -State DIR -Out DIR [-Collector NAME]
  Get-Content -Encoding UTF8 vector.tsv | Tsujiban-Collect.ps1 -Kind trails -State DIR -Chain      CSV comes out; for comparing with vector.csv

Trails need the audit policy "Removable Storage" (auditpol /set /subcategory:"Removable Storage" /success:enable): its events 4663 name user, file and access.
Run it as SYSTEM, daily; State and Out are written by administrators only. Each run writes one mark at least, so that a silent day is one.
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
    $sha = [System.Security.Cryptography.SHA256]::Create()
    $kept = Join-Path $State $Kind
    $script:number = 0
    $script:before = '0' * 64
    if (Test-Path $kept) {
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

    function Get-Moment($When) { ([DateTimeOffset]$When).ToString('yyyy-MM-ddTHH:mm:sszzz') }

    function Add-Mark { Add-Cells (@($Collector, (Get-Moment (Get-Date)), 'mark') + @('') * ($count - 5)) }

    function Get-Truth($Value) { if ($null -eq $Value) { '' } elseif ($Value) { 'yes' } else { 'no' } }

    # By the device path that events name: \Device\HarddiskVolume7 is of which disk.
    function Get-Serials {
        $found = @{}
        foreach ($disk in Get-CimInstance Win32_DiskDrive -Filter "InterfaceType='USB'") {
            foreach ($part in Get-CimAssociatedInstance $disk -ResultClassName Win32_DiskPartition) {
                foreach ($drive in Get-CimAssociatedInstance $part -ResultClassName Win32_LogicalDisk) {
                    $found[$drive.DeviceID] = ([string]$disk.SerialNumber).Trim()
                }
            }
        }
        $found
    }

    # Every write and read of the audit policy since the last run. A medium that is gone by now leaves its serial number unknown.
    function Add-Trails {
        $stamp = Join-Path $State 'seen'
        $since = if (Test-Path $stamp) { [DateTime]::Parse([IO.File]::ReadAllText($stamp)) } else { (Get-Date).AddDays(-1) }
        $until = Get-Date
        $serials = Get-Serials
        $events = @(Get-WinEvent -ErrorAction SilentlyContinue -FilterHashtable @{ LogName = 'Security'; Id = 4663; StartTime = $since; EndTime = $until } |
                Sort-Object TimeCreated)
        $seen = @{}
        foreach ($e in $events) {
            $data = @{}
            foreach ($d in ([xml]$e.ToXml()).Event.EventData.Data) { $data[$d.Name] = $d.'#text' }
            $mask = [Convert]::ToInt64($data['AccessMask'], 16)
            $event = if ($mask -band 0x2) { 'output' } elseif ($mask -band 0x1) { 'input' } else { continue }
            $key = "$event|$($data['ObjectName'])|$($data['SubjectUserName'])"
            if ($seen.ContainsKey($key)) { continue }
            $seen[$key] = $true
            $name = Split-Path $data['ObjectName'] -Leaf
            $serial = 'unknown'; $size = 0; $digest = ''
            foreach ($drive in $serials.Keys) {
                $path = Join-Path "$drive\" (($data['ObjectName'] -replace '^\\Device\\[^\\]+\\', ''))
                if (Test-Path -LiteralPath $path -PathType Leaf) {
                    $serial = $serials[$drive]
                    $size = (Get-Item -LiteralPath $path).Length
                    $digest = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLowerInvariant()
                }
            }
            Add-Cells @($Collector, (Get-Moment $e.TimeCreated), $event, $Collector, $data['SubjectUserName'], $serial, $name, $size, $digest, '')
        }
        Add-Mark
        [IO.File]::WriteAllText($stamp, $until.ToString('o'))
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
            $mp.AntivirusSignatureLastUpdated.ToString('yyyy-MM-dd'), (Get-Truth ($denied -eq 1)), (Get-Truth ($idle -gt 0)), (Get-Truth ($macros -eq 4)))
    }

    function Add-Scans {
        $mp = Get-MpComputerStatus
        $day = $mp.AntivirusSignatureLastUpdated.ToString('yyyy-MM-dd')
        $stamp = Join-Path $State 'scanned'
        $since = if (Test-Path $stamp) { [DateTime]::Parse([IO.File]::ReadAllText($stamp)) } else { (Get-Date).AddDays(-1) }
        $found = @(Get-MpThreatDetection | Where-Object { $_.InitialDetectionTime -gt $since } | Sort-Object InitialDetectionTime)
        foreach ($one in $found) {
            $file = @($one.Resources) -join ' '
            Add-Cells @($Collector, (Get-Moment $one.InitialDetectionTime), 'scan', $Collector, $day, 'infected', (Get-MpThreat -ThreatID $one.ThreatID).ThreatName,
                (Split-Path ($file -replace '^file:_', '') -Leaf))
        }
        if ($found.Count -eq 0) { Add-Cells @($Collector, (Get-Moment (Get-Date)), 'scan', $Collector, $day, 'clean', '', '') }
        [IO.File]::WriteAllText($stamp, (Get-Date).ToString('o'))
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
    $text = ($csv -join "`n") + "`n"
    if ($Chain) {
        $text.TrimEnd("`n")
    } else {
        $file = Join-Path $Out "$Kind-$script:number.csv"
        [IO.File]::WriteAllText("$file.part", $text, $utf8)
        Move-Item "$file.part" $file
        $file
    }
    [IO.File]::WriteAllText("$kept.part", "$script:number $script:before`n", $utf8)
    Move-Item -Force "$kept.part" $kept
}

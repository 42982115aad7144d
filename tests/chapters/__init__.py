"""What every chapter has to keep; that its notebook still runs as stored is nbval's part."""

from trialpress import ahead

ahead.make()

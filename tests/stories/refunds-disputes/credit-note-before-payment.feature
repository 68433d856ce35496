Feature: A credit note before payment

  Scenario: Less is due, and less is collected
    Given the Account "Zenith Tools"
    And the open Opportunity "Drills"
    And the plan "Team" at 200 USD a month
    When "Zenith Tools" subscribes to 1 x "Team" for the Opportunity "Drills", invoiced with 30 days to pay
    And a day passes
    And a credit note takes 50 USD off the open invoice of "Zenith Tools"
    Then the renewals are:
      | Status   | Amount Remaining | Credited in Own Currency |
      | Open     | 150.00           | 50.00                    |
      | Upcoming | 200.00           | 0.00                     |
    When 9 days pass
    And "Zenith Tools" pays the open invoice
    Then the revenue entry is:
      | Kind   | Amount |
      | Charge | 150.00 |
    And the renewals are:
      | Status    | Amount Paid | Credited in Own Currency |
      | Collected | 150.00      | 50.00                    |
      | Upcoming  | 0.00        | 0.00                     |

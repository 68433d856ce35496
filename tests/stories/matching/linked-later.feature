Feature: A customer whom nobody knows

  Scenario: The ledger is complete, and linking the Account does the rest
    Given the plan "Team" at 49 USD a month
    When "Orchid Labs" subscribes to 3 x "Team"
    Then the customer "Orchid Labs" shows:
      | Account        |        |
      | Lifetime Value | 147.00 |
    And the movement is:
      | Kind | Amount |
      | New  | 147.00 |
    When 10 days pass
    Given the Account "Orchid Laboratories"
    When an admin links the customer "Orchid Labs" to the Account "Orchid Laboratories"
    Then the Account "Orchid Laboratories" shows:
      | Lifetime Value     | 147.00   |
      | Current ARR        | 1,764.00 |
      | Live Subscriptions | 1        |
      | Customer Health    | Healthy  |
    And the revenue entry is:
      | Kind   | Amount | Account             |
      | Charge | 147.00 | Orchid Laboratories |
    And the renewals are:
      | Status    | Account             |
      | Collected | Orchid Laboratories |
      | Upcoming  | Orchid Laboratories |
